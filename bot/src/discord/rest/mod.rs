//! Requests to Discord: they are bounded in time, counted, never mention anybody, and classify their failures. Each
//! request is sent once here (serenity waits out rate limits itself); the caller decides about retries.

mod body;
mod error;
mod interactions;
mod page;
mod posted;
mod slowed;

use secrecy::{ExposeSecret, SecretString};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use serenity::{
    builder::{CreateAllowedMentions, CreateCommand, CreateMessage, CreateThread, EditMessage},
    http::{Http, HttpBuilder, LightMethod, MessagePagination, Request, Route},
    model::{
        Permissions, Timestamp,
        application::Command,
        channel::{AutoArchiveDuration, Channel, GuildChannel, Message, MessageFlags, MessageReference},
        channel::{MessageReferenceKind, Nonce, ThreadsData},
        gateway::BotGateway,
        guild::Member,
        id::{ApplicationId, ChannelId, GuildId, MessageId, UserId},
    },
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{sync::OnceCell, time::Instant};

pub(crate) use body::MessageBody;
pub(crate) use error::{RestError, code};
pub(crate) use interactions::{Ack, InteractionRef};
use page::PAGE;
pub(crate) use page::{Page, PageFrom};
pub(crate) use posted::PostedMessage;

/// What a rate limit holds up, as a metric's label.
pub(crate) const RATE_LIMITS: [&str; 2] = ["global", "route"];
/// The longest a request may take, waiting for a rate limit included.
const LONGEST: Duration = Duration::from_secs(60);

/// Sends requests to Discord's REST API.
#[derive(Debug)]
pub(crate) struct Rest {
    http: Arc<Http>,
    /// For what must not be sent twice and has no nonce: serenity sends a request again at once when it cannot read
    /// the rate limits in its answer, unless it leaves them alone.
    unrepeated: Http,
    me: OnceCell<UserId>,
}

impl Rest {
    /// Requests with this token.
    pub(crate) fn new(token: &SecretString, client: reqwest::Client) -> Self {
        let token = token.expose_secret();
        let unrepeated = HttpBuilder::new(token).client(client.clone()).ratelimiter_disabled(true).build();
        let mut http = HttpBuilder::new(token).client(client).build();
        if let Some(limits) = &mut http.ratelimiter {
            limits.set_ratelimit_callback(Box::new(|wait| {
                let [global, route] = RATE_LIMITS;
                let scope = if wait.global { global } else { route };
                metrics::histogram!("rtfm_discord_rate_limit_wait_seconds", "scope" => scope)
                    .record(wait.timeout.as_secs_f64());
            }));
        }
        Self { http: Arc::new(http), unrepeated, me: OnceCell::new() }
    }

    /// Keeps the application of the token, which the gateway names.
    pub(crate) fn belongs_to(&self, application: ApplicationId, me: UserId) {
        self.http.set_application_id(application);
        self.unrepeated.set_application_id(application);
        let _ = self.me.set(me);
    }

    /// The bot's own user.
    pub(crate) async fn me(&self) -> Result<UserId, RestError> {
        let ask = || async { Ok(timed("whoami", self.http.get_current_user()).await?.id) };
        self.me.get_or_try_init(ask).await.copied()
    }

    /// Where the gateway is, and how many shards and new sessions there may be.
    pub(crate) async fn gateway(&self) -> Result<BotGateway, RestError> {
        timed("gateway", self.http.get_bot_gateway()).await
    }

    /// Posts a message, once for each nonce however often it is tried within some minutes. The message that it replies
    /// to may be deleted.
    pub(crate) async fn create(
        &self,
        channel: ChannelId,
        words: &MessageBody<'_>,
        nonce: &str,
        reply_to: Option<MessageId>,
    ) -> Result<PostedMessage, RestError> {
        let mut message = CreateMessage::new()
            .content(words.text)
            .components(words.rows.clone())
            .allowed_mentions(CreateAllowedMentions::new().replied_user(false))
            .flags(MessageFlags::SUPPRESS_EMBEDS)
            .nonce(Nonce::String(nonce.to_owned()))
            .enforce_nonce(true);
        if let Some(original) = reply_to {
            let reference = MessageReference::new(MessageReferenceKind::Default, channel);
            message = message.reference_message(reference.message_id(original).fail_if_not_exists(false));
        }
        let route = Route::ChannelMessages { channel_id: channel };
        timed("create", send(&self.http, route, LightMethod::Post, &message)).await
    }

    /// Edits a message of the bot's; its former components are removed.
    pub(crate) async fn edit(
        &self,
        channel: ChannelId,
        message: MessageId,
        words: &MessageBody<'_>,
    ) -> Result<(), RestError> {
        let edit = EditMessage::new()
            .content(words.text)
            .components(words.rows.clone())
            .allowed_mentions(CreateAllowedMentions::new().replied_user(false))
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        let route = Route::ChannelMessage { channel_id: channel, message_id: message };
        timed("edit", send::<IgnoredAny>(&self.http, route, LightMethod::Patch, &edit)).await.map(drop)
    }

    /// A message as it reads now.
    pub(crate) async fn message(&self, channel: ChannelId, message: MessageId) -> Result<Message, RestError> {
        timed("get", self.http.get_message(channel, message)).await
    }

    /// A message of the bot's as it reads now.
    pub(crate) async fn posted(&self, channel: ChannelId, message: MessageId) -> Result<PostedMessage, RestError> {
        let route = Route::ChannelMessage { channel_id: channel, message_id: message };
        timed("get", self.http.fire(Request::new(route, LightMethod::Get))).await
    }

    /// Messages of a channel after one, up to fifty.
    pub(crate) async fn after(&self, channel: ChannelId, message: MessageId) -> Result<Vec<Message>, RestError> {
        timed("list", self.http.get_messages(channel, Some(MessagePagination::After(message)), Some(50))).await
    }

    /// The last messages of a channel before one, newest first.
    pub(crate) async fn before(
        &self,
        channel: ChannelId,
        message: MessageId,
        most: u8,
    ) -> Result<Vec<Message>, RestError> {
        timed("list", self.http.get_messages(channel, Some(MessagePagination::Before(message)), Some(most))).await
    }

    pub(crate) async fn delete(&self, channel: ChannelId, message: MessageId) -> Result<(), RestError> {
        timed("delete", self.http.delete_message(channel, message, None)).await
    }

    /// Starts a thread from a message; its id is the message's.
    pub(crate) async fn start_thread(
        &self,
        channel: ChannelId,
        message: MessageId,
        name: &str,
    ) -> Result<(), RestError> {
        let thread = CreateThread::new(name).auto_archive_duration(AutoArchiveDuration::OneDay);
        let route = Route::ChannelMessageThreads { channel_id: channel, message_id: message };
        timed("thread", send::<IgnoredAny>(&self.http, route, LightMethod::Post, &thread)).await.map(drop)
    }

    /// Up to a hundred messages of a channel before or after one. They are read one by one, so that one that this
    /// version cannot read does not take the others with it.
    pub(crate) async fn page(&self, channel: ChannelId, from: PageFrom) -> Result<Page, RestError> {
        let from = match from {
            PageFrom::After(id) => ("after", id.to_string()),
            PageFrom::Before(id) => ("before", id.to_string()),
        };
        let request = Request::new(Route::ChannelMessages { channel_id: channel }, LightMethod::Get);
        let request = request.params(Some(vec![("limit", PAGE.to_string()), from]));
        let found: Vec<Value> = timed("list", self.http.fire(request)).await?;
        Ok(Page::of(channel, found))
    }

    /// The threads of a guild that are not archived.
    pub(crate) async fn active_threads(&self, guild: GuildId) -> Result<Vec<GuildChannel>, RestError> {
        Ok(timed("threads", self.http.get_guild_active_threads(guild)).await?.threads)
    }

    /// Archived threads of a channel, the last archived first, and whether there are more; `before` is when the last
    /// one seen was archived.
    pub(crate) async fn archived_threads(
        &self,
        channel: ChannelId,
        are_private: bool,
        before: Option<Timestamp>,
    ) -> Result<(Vec<GuildChannel>, bool), RestError> {
        let route = if are_private {
            Route::ChannelArchivedPrivateThreads { channel_id: channel }
        } else {
            Route::ChannelArchivedPublicThreads { channel_id: channel }
        };
        // serenity's own method sends a number, which Discord does not take for an instant.
        let mut params = vec![("limit", "100".to_owned())];
        params.extend(before.and_then(|before| before.to_rfc3339()).map(|before| ("before", before)));
        let request = Request::new(route, LightMethod::Get).params(Some(params));
        let found: ThreadsData = timed("threads", self.http.fire(request)).await?;
        Ok((found.threads, found.has_more))
    }

    /// A channel as it is.
    pub(crate) async fn channel(&self, channel: ChannelId) -> Result<Channel, RestError> {
        timed("channel", self.http.get_channel(channel)).await
    }

    /// A member as they are.
    pub(crate) async fn member(&self, guild: GuildId, user: UserId) -> Result<Member, RestError> {
        timed("member", self.http.get_member(guild, user)).await
    }

    /// The commands that Discord knows.
    pub(crate) async fn commands(&self) -> Result<Vec<Command>, RestError> {
        timed("commands", self.http.get_global_commands()).await
    }

    /// Makes these the commands that Discord knows.
    pub(crate) async fn set_commands(&self, commands: &[CreateCommand]) -> Result<(), RestError> {
        timed("set_commands", self.http.create_global_commands(&commands)).await.map(drop)
    }
}

/// Sends a request, and reads of its answer only what `T` has.
async fn send<T: DeserializeOwned>(
    http: &Http,
    route: Route<'_>,
    method: LightMethod,
    body: &impl Serialize,
) -> serenity::Result<T> {
    http.fire(Request::new(route, method).body(Some(serde_json::to_vec(body)?))).await
}

async fn timed<T>(kind: &'static str, request: impl Future<Output = serenity::Result<T>>) -> Result<T, RestError> {
    let began = Instant::now();
    let result = match tokio::time::timeout(LONGEST, slowed::slowed(request)).await {
        Ok(result) => result.map_err(RestError::from),
        Err(_) => Err(RestError::TimedOut),
    };
    let outcome = result.as_ref().map_or_else(RestError::outcome, |_| "ok");
    metrics::counter!("rtfm_discord_sends_total", "kind" => kind, "outcome" => outcome).increment(1);
    metrics::histogram!("rtfm_discord_send_duration_seconds", "kind" => kind).record(began.elapsed().as_secs_f64());
    result
}

/// Permissions that an invite link must ask for.
pub(crate) const INVITE: Permissions = Permissions::VIEW_CHANNEL
    .union(Permissions::SEND_MESSAGES)
    .union(Permissions::SEND_MESSAGES_IN_THREADS)
    .union(Permissions::CREATE_PUBLIC_THREADS)
    .union(Permissions::READ_MESSAGE_HISTORY);
