//! A real serenity client for these tests: it records its events and answers a little.

use std::sync::{Arc, Mutex};

use rtfm_testkit::discord::FakeDiscord;
use serenity::all::*;

/// The events the client received, in order.
#[derive(Clone, Default)]
pub(crate) struct ReceivedEvents(Arc<Mutex<Vec<FullEvent>>>);

impl ReceivedEvents {
    pub(crate) fn find<T>(&self, wanted: impl FnMut(&FullEvent) -> Option<T>) -> Option<T> {
        self.0.lock().unwrap().iter().find_map(wanted)
    }

    /// The messages heard of, in order.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let events = self.0.lock().unwrap();
        let new = events.iter().filter_map(|event| match event {
            FullEvent::Message { new_message, .. } => Some(new_message.clone()),
            _ => None,
        });
        new.collect()
    }
}

struct Recorder {
    heard: ReceivedEvents,
    news: tokio::sync::watch::Sender<usize>,
}

#[async_trait]
impl RawEventHandler for Recorder {
    async fn raw_event(&self, _: Context, _: Event) {
        self.news.send_modify(|count| *count += 1);
    }
}

#[async_trait]
impl EventHandler for Recorder {
    async fn interaction_create(&self, ctx: Context, interaction: Interaction) {
        self.hear(FullEvent::InteractionCreate { interaction: interaction.clone() });
        let Interaction::Command(command) = interaction else { return };
        command.defer(&ctx.http).await.unwrap();
        let question = command.data.options[0].value.as_str().unwrap_or_default().to_owned();
        let answer = EditInteractionResponse::new().content(format!("You asked: {question}"));
        command.edit_response(&ctx.http, answer).await.unwrap();
    }

    async fn message(&self, _: Context, new_message: Message) {
        self.hear(FullEvent::Message { new_message });
    }

    async fn message_update(&self, _: Context, old: Option<Message>, new: Option<Message>, event: MessageUpdateEvent) {
        self.hear(FullEvent::MessageUpdate { old_if_available: old, new, event });
    }

    async fn message_delete(
        &self,
        _: Context,
        channel_id: ChannelId,
        deleted_message_id: MessageId,
        guild_id: Option<GuildId>,
    ) {
        self.hear(FullEvent::MessageDelete { channel_id, deleted_message_id, guild_id });
    }

    async fn ready(&self, _: Context, data_about_bot: Ready) {
        self.hear(FullEvent::Ready { data_about_bot });
    }

    async fn resume(&self, _: Context, event: ResumedEvent) {
        self.hear(FullEvent::Resume { event });
    }

    async fn cache_ready(&self, _: Context, guilds: Vec<GuildId>) {
        self.hear(FullEvent::CacheReady { guilds });
    }

    async fn channel_update(&self, _: Context, old: Option<GuildChannel>, new: GuildChannel) {
        self.hear(FullEvent::ChannelUpdate { old, new });
    }

    async fn thread_list_sync(&self, _: Context, thread_list_sync: ThreadListSyncEvent) {
        self.hear(FullEvent::ThreadListSync { thread_list_sync });
    }

    async fn thread_delete(&self, _: Context, thread: PartialGuildChannel, full_thread_data: Option<GuildChannel>) {
        self.hear(FullEvent::ThreadDelete { thread, full_thread_data });
    }

    async fn guild_members_chunk(&self, _: Context, chunk: GuildMembersChunkEvent) {
        self.hear(FullEvent::GuildMembersChunk { chunk });
    }
}

impl Recorder {
    fn hear(&self, event: FullEvent) {
        self.heard.0.lock().unwrap().push(event);
        self.news.send_modify(|count| *count += 1);
    }
}

/// A running client; it ends with the test.
pub(crate) struct Bot {
    pub(crate) http: Arc<Http>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) heard: ReceivedEvents,
    news: tokio::sync::watch::Receiver<usize>,
    pub(crate) running: tokio::task::JoinHandle<serenity::Result<()>>,
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Bot {
    /// Starts a client and waits until its cache is filled.
    pub(crate) async fn login(discord: &FakeDiscord) -> Self {
        let bot = Self::start(discord, GatewayIntents::all()).await;
        bot.wait("the cache to be ready", |bot| {
            bot.heard.find(|event| matches!(event, FullEvent::CacheReady { .. }).then_some(()))
        })
        .await;
        bot
    }

    /// Starts a client with these intents.
    pub(crate) async fn start(discord: &FakeDiscord, intents: GatewayIntents) -> Self {
        let heard = ReceivedEvents::default();
        let (news, receiver) = tokio::sync::watch::channel(0);
        let http = HttpBuilder::new(discord.token()).client(discord.http_client()).build();
        let client = ClientBuilder::new_with_http(http, intents);
        let mut client = client
            .event_handler(Recorder { heard: heard.clone(), news: news.clone() })
            .raw_event_handler(Recorder { heard: heard.clone(), news })
            .await
            .unwrap();
        let (http, cache) = (client.http.clone(), client.cache.clone());
        let running = tokio::spawn(async move { client.start().await });
        Self { http, cache, heard, news: receiver, running }
    }

    /// Waits for something that follows from an event.
    pub(crate) async fn wait<T>(&self, what: &str, mut condition: impl FnMut(&Self) -> Option<T>) -> T {
        let mut news = self.news.clone();
        let found = async {
            loop {
                news.borrow_and_update();
                if let Some(found) = condition(self) {
                    return found;
                }
                news.changed().await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), found)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }
}
