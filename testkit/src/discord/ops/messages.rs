//! Messages: written, edited, deleted one by one or in bulk.

use serde_json::json;
use serenity::all::{ChannelId, ChannelType, GatewayIntents as Intents, MessageId, Permissions, UserId};

use super::draft::Draft;
use super::mentions;
use crate::discord::rest::reply::DiscordError;
use crate::discord::state::State;
use crate::discord::world::Message;
use crate::discord::world::message::flags;
use crate::discord::world::snowflake::timestamp_ms;

/// Messages older than this cannot be deleted in bulk.
const BULK_AGE_MS: u64 = 14 * 24 * 60 * 60 * 1000;
/// How long a nonce is remembered.
const NONCE_MS: u64 = 5 * 60 * 1000;
/// Messages older than this can be edited a few times only.
const EDIT_AGE_MS: u64 = 60 * 60 * 1000;
/// How often that is; Discord does not say.
const LATE_EDITS: u8 = 3;
/// Flags an author may set.
const SETTABLE: u64 = flags::SUPPRESS_EMBEDS | flags::SUPPRESS_NOTIFICATIONS | flags::COMPONENTS_V2;

/// Checks that a user sees a channel and may do this in it.
pub(crate) fn allow(state: &State, user: UserId, channel: ChannelId, wanted: Permissions) -> Result<(), DiscordError> {
    if state.world.channel(channel).is_none() {
        return Err(DiscordError::unknown_channel());
    }
    let permissions = state.world.permissions(user, channel);
    if !permissions.contains(Permissions::VIEW_CHANNEL) {
        return Err(DiscordError::missing_access());
    }
    if !permissions.contains(wanted) {
        return Err(DiscordError::missing_permissions());
    }
    Ok(())
}

/// Writes a message.
pub(crate) fn create(
    state: &mut State,
    author: UserId,
    channel: ChannelId,
    draft: &Draft,
) -> Result<MessageId, DiscordError> {
    allow(state, author, channel, Permissions::SEND_MESSAGES)?;
    let home = state.world.channel(channel).ok_or_else(DiscordError::unknown_channel)?;
    if !home.is_text() {
        return Err(DiscordError::not_a_text_channel());
    }
    if home.thread.as_ref().is_some_and(|thread| thread.locked) {
        allow(state, author, channel, Permissions::MANAGE_THREADS)?;
    }
    if !draft.uploads.is_empty() {
        allow(state, author, channel, Permissions::ATTACH_FILES)?;
    }
    if let Some(existing) = same_nonce(state, author, channel, draft) {
        return Ok(existing);
    }
    let id = MessageId::new(state.world.clock.id());
    let mut message = Message::new(id, channel, author, timestamp_ms(id.get()));
    message.reply_to = reference(state, author, channel, draft)?;
    message.kind = if message.reply_to.is_some() { 19 } else { 0 };
    fill(state, &mut message, draft)?;
    insert(state, message);
    Ok(id)
}

/// Puts a finished message into its channel and announces it.
pub(crate) fn insert(state: &mut State, message: Message) {
    let (id, channel, author) = (message.id, message.channel, message.author);
    let by_webhook = message.interaction.is_some();
    state.world.messages.entry(channel).or_default().insert(id, message);
    let now = state.world.clock.now_ms();
    if let Some(thread) = state.world.channels.get_mut(&channel).and_then(|channel| channel.thread.as_mut()) {
        // An author joins the thread and reopens it; a command's answer comes from a webhook, which joins nothing.
        if !by_webhook {
            thread.members.entry(author).or_insert(now);
        }
        thread.archived = false;
    }
    state.emit_message("MESSAGE_CREATE", channel, id);
}

/// Takes a draft's fields over, resolves mentions, and refuses a message with nothing in it.
pub(crate) fn fill(state: &mut State, message: &mut Message, draft: &Draft) -> Result<(), DiscordError> {
    if let Some(content) = &draft.content {
        message.content.clone_from(content);
    }
    if let Some(embeds) = &draft.embeds {
        message.embeds.clone_from(embeds);
    }
    if let Some(components) = &draft.components {
        message.components.clone_from(components);
    }
    if let Some(given) = draft.flags {
        message.flags = (message.flags & !SETTABLE) | (given & SETTABLE);
    }
    if let Some(keep) = &draft.keep {
        message.attachments.retain(|file| keep.contains(&file.id));
    }
    message.attachments.extend(draft.files(|| state.world.clock.id()));
    message.extra = draft.extra.clone().or(message.extra.take());
    message.nonce.clone_from(&draft.nonce);
    message.allowed_mentions.clone_from(&draft.allowed_mentions);
    let empty = message.content.is_empty()
        && message.embeds.is_empty()
        && message.components.is_empty()
        && message.attachments.is_empty()
        && message.extra.is_none();
    if empty {
        return Err(DiscordError::empty_message());
    }
    mentions::resolve(&state.world, message);
    Ok(())
}

fn same_nonce(state: &State, author: UserId, channel: ChannelId, draft: &Draft) -> Option<MessageId> {
    let nonce = draft.nonce.as_ref().filter(|_| draft.enforce_nonce)?;
    let recent = state.world.clock.now_ms().saturating_sub(NONCE_MS);
    let messages = state.world.messages.get(&channel)?.values().rev();
    let mut recent = messages.take_while(|message| message.timestamp_ms >= recent);
    recent.find(|message| message.author == author && message.nonce.as_ref() == Some(nonce)).map(|message| message.id)
}

fn reference(
    state: &State,
    author: UserId,
    channel: ChannelId,
    draft: &Draft,
) -> Result<Option<MessageId>, DiscordError> {
    let Some(wanted) = draft.reply_to else { return Ok(None) };
    if !state.world.can(author, channel, Permissions::READ_MESSAGE_HISTORY) {
        return Err(DiscordError::new(403, 160_002, "Cannot reply without permission to read message history"));
    }
    let exists = state.world.message(channel, wanted).is_some_and(|message| !message.is_ephemeral());
    match (exists, draft.reply_must_exist) {
        (true, _) => Ok(Some(wanted)),
        (false, false) => Ok(None),
        (false, true) => Err(DiscordError::form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")),
    }
}

/// Edits one's own message.
pub(crate) fn edit(
    state: &mut State,
    author: UserId,
    channel: ChannelId,
    message: MessageId,
    draft: &Draft,
) -> Result<(), DiscordError> {
    allow(state, author, channel, Permissions::VIEW_CHANNEL)?;
    let known = state.world.message(channel, message).filter(|message| !message.is_ephemeral());
    let known = known.ok_or_else(DiscordError::unknown_message)?;
    if known.author != author {
        return Err(DiscordError::not_the_author());
    }
    let now = state.world.clock.now_ms();
    if let Some(known) = state.world.message_mut(channel, message)
        && now.saturating_sub(known.timestamp_ms) > EDIT_AGE_MS
    {
        if known.late_edits >= LATE_EDITS {
            let why = "Maximum number of edits to messages older than 1 hour reached. Try again later";
            return Err(DiscordError::new(429, 30046, why));
        }
        known.late_edits += 1;
    }
    rewrite(state, channel, message, draft)
}

/// Edits a message without checking who asks, and announces the edit.
pub(crate) fn rewrite(
    state: &mut State,
    channel: ChannelId,
    message: MessageId,
    draft: &Draft,
) -> Result<(), DiscordError> {
    let known = state.world.message(channel, message).ok_or_else(DiscordError::unknown_message)?;
    let mut edited = known.clone();
    // An edit keeps the nonce of the original message.
    let draft = Draft { nonce: known.nonce.clone(), ..draft.clone() };
    fill(state, &mut edited, &draft)?;
    edited.history.push(std::mem::take(
        &mut state.world.message_mut(channel, message).ok_or_else(DiscordError::unknown_message)?.content,
    ));
    edited.edited_ms = Some(state.world.clock.now_ms());
    state.world.messages.entry(channel).or_default().insert(message, edited);
    state.emit_message("MESSAGE_UPDATE", channel, message);
    Ok(())
}

/// Deletes a message: one's own, or with the permission to manage messages.
pub(crate) fn delete(
    state: &mut State,
    actor: UserId,
    channel: ChannelId,
    message: MessageId,
) -> Result<(), DiscordError> {
    allow(state, actor, channel, Permissions::VIEW_CHANNEL)?;
    let known = state.world.message(channel, message).ok_or_else(DiscordError::unknown_message)?;
    if known.author != actor {
        allow(state, actor, channel, Permissions::MANAGE_MESSAGES)?;
    }
    remove(state, channel, message);
    Ok(())
}

/// Removes a message and announces it.
pub(crate) fn remove(state: &mut State, channel: ChannelId, message: MessageId) {
    let removed = state.world.take_message(channel, message);
    if removed.is_some_and(|message| !message.is_ephemeral()) {
        let data = json!({"id": message, "channel_id": channel});
        state.emit_in_channel("MESSAGE_DELETE", channel, Intents::GUILD_MESSAGES, Intents::DIRECT_MESSAGES, data);
    }
}

/// Deletes many messages at once.
pub(crate) fn delete_bulk(
    state: &mut State,
    actor: UserId,
    channel: ChannelId,
    messages: &[MessageId],
) -> Result<(), DiscordError> {
    allow(state, actor, channel, Permissions::MANAGE_MESSAGES)?;
    if state.world.channel(channel).is_some_and(|channel| channel.kind == ChannelType::Private) {
        return Err(DiscordError::new(403, 50003, "Cannot execute action on a DM channel"));
    }
    if !(2..=100).contains(&messages.len()) {
        return Err(DiscordError::new(400, 50016, "Provided too few or too many messages to delete."));
    }
    let oldest = state.world.clock.now_ms().saturating_sub(BULK_AGE_MS);
    if messages.iter().any(|message| timestamp_ms(message.get()) < oldest) {
        return Err(DiscordError::new(400, 50034, "You can only bulk delete messages that are under 14 days old."));
    }
    let world = &mut state.world;
    let gone: Vec<MessageId> =
        messages.iter().copied().filter(|message| world.take_message(channel, *message).is_some()).collect();
    let data = json!({"ids": gone, "channel_id": channel});
    state.emit_in_channel("MESSAGE_DELETE_BULK", channel, Intents::GUILD_MESSAGES, Intents::DIRECT_MESSAGES, data);
    Ok(())
}
