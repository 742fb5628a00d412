//! Edits. Discord sends a message's update for many reasons (a preview was added, it was pinned, a thread
//! began) and may send only parts of it; only a change of the words counts, and what is missing is fetched.

use crate::{
    discord::{
        message::{asks, chat_message, is_human, says_something},
        model::{Cache, ChannelId, GuildId, Message, MessageId, MessageUpdateEvent, UserId},
        rest::{Rest, RestError, code},
        retry::{is_passing, times},
    },
    publish::Lookup,
};
use backon::Retryable;
use rtfm_shared::event::MessageEvent;
use std::{sync::Arc, time::Duration};

/// Retries of fetching an edited message while Discord is away; the store keeps the old text if all fail.
const RETRIES: usize = 4;

/// What an update means for the memory, to be found out in its turn; `None` when it means nothing. Where not all
/// content may be read, an update without any says nothing about what the message says.
pub(super) fn edit(
    rest: &Arc<Rest>,
    cache: &Arc<Cache>,
    update: &MessageUpdateEvent,
    me: UserId,
    all_readable: bool,
) -> Option<Lookup> {
    if !may_be_edit(update) {
        return None;
    }
    let (rest, cache, update) = (rest.clone(), cache.clone(), update.clone());
    Some(Box::pin(async move {
        let message = match complete_message(&update) {
            Some(message) => message,
            None => fetch(&rest, update.channel_id, update.id).await?,
        };
        as_event(&cache, &message, update.guild_id, me, all_readable)
    }))
}

/// The same for a message of which no more is known than that it was edited.
pub(super) fn reread(
    rest: &Arc<Rest>,
    cache: &Arc<Cache>,
    (guild, channel, id): (Option<GuildId>, ChannelId, MessageId),
    me: UserId,
    all_readable: bool,
) -> Lookup {
    let (rest, cache) = (rest.clone(), cache.clone());
    Box::pin(async move {
        let message = fetch(&rest, channel, id).await?;
        as_event(&cache, &message, guild, me, all_readable)
    })
}

fn may_be_edit(update: &MessageUpdateEvent) -> bool {
    let by_human = update.author.as_ref().is_none_or(|author| !author.bot)
        && update.webhook_id.is_none_or(|webhook| webhook.is_none());
    let is_whole = update.author.is_some() && update.content.is_some();
    by_human && (update.edited_timestamp.is_some() || (update.content.is_some() && !is_whole))
}

/// What an edited message says now, if it is one for the memory.
pub(super) fn as_event(
    cache: &Cache,
    message: &Message,
    guild: Option<GuildId>,
    me: UserId,
    all_readable: bool,
) -> Option<MessageEvent> {
    // A preview or a pin leaves the words and the time of the last edit as they were.
    message.edited_timestamp?;
    if !all_readable && !says_something(message) {
        return None;
    }
    let asks_bot = asks(cache, message, guild, me).is_some();
    is_human(message).then(|| MessageEvent::Updated(chat_message(cache, message, guild, asks_bot)))
}

/// The message, when the update is complete.
fn complete_message(update: &MessageUpdateEvent) -> Option<Message> {
    let serde_json::Value::Object(mut fields) = serde_json::to_value(update).ok()? else { return None };
    // Absent fields must be missing, not null, for the message's own defaults to apply.
    fields.retain(|_, value| !value.is_null());
    serde_json::from_value(fields.into()).ok()
}

/// The message as it reads now.
async fn fetch(rest: &Rest, channel: ChannelId, id: MessageId) -> Option<Message> {
    let found = (|| rest.message(channel, id)).retry(times(RETRIES, Duration::from_millis(500))).when(is_passing);
    let retrying =
        |error: &RestError, _| tracing::debug!(message = %id, %error, "failed to fetch an edited message, retrying");
    match found.notify(retrying).await {
        Ok(message) => Some(message),
        // Deleted meanwhile; that event follows.
        Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => None,
        Err(error) => {
            log_unread(channel, id, &error);
            None
        }
    }
}

fn log_unread(channel: ChannelId, id: MessageId, error: &RestError) {
    metrics::counter!("rtfm_discord_edits_unread_total").increment(1);
    tracing::warn!(%channel, message = %id, %error, "failed to read an edit");
}
