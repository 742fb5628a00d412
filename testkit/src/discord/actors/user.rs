//! A user: writes, edits, deletes, reacts, uses commands and clicks, as far as Discord allows it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use serenity::all::{ChannelId, ChannelType, MessageId, Permissions, UserId};

use super::{Channel, InteractionHandle};
use crate::discord::ops::draft::Draft;
use crate::discord::ops::{
    invoke, messages,
    reactions::{self, Reaction},
    threads,
};
use crate::discord::rest::channels::announce_typing;
use crate::discord::rest::reply::DiscordError;
use crate::discord::rest::request::Upload;
use crate::discord::state::{Core, State};
use crate::discord::world::Message;

/// A test's handle on a user. An action without the permission returns Discord's error.
#[derive(Clone)]
pub struct User {
    core: Arc<Core>,
    id: UserId,
}

impl From<&User> for UserId {
    fn from(user: &User) -> Self {
        user.id
    }
}

impl User {
    pub(crate) fn new(core: Arc<Core>, id: UserId) -> Self {
        Self { core, id }
    }

    /// Their id.
    pub fn id(&self) -> UserId {
        self.id
    }

    /// Their mention for a text.
    pub fn mention(&self) -> String {
        format!("<@{}>", self.id)
    }

    /// Whether they may do all of this in a channel.
    pub fn can(&self, channel: impl Into<ChannelId>, permissions: Permissions) -> bool {
        let channel = channel.into();
        self.core.read(|state| state.world.can(self.id, channel, permissions))
    }

    fn act<T>(&self, act: impl FnOnce(&mut State, UserId) -> Result<T, DiscordError>) -> Result<T, DiscordError> {
        self.core.change(|state| act(state, self.id))
    }

    /// Writes a message.
    pub fn say(&self, channel: impl Into<ChannelId>, text: &str) -> Result<MessageId, DiscordError> {
        let channel = channel.into();
        self.act(|state, me| messages::create(state, me, channel, &checked(Draft::text(text))?))
    }

    /// Writes a message that replies to another.
    pub fn reply(&self, channel: impl Into<ChannelId>, to: MessageId, text: &str) -> Result<MessageId, DiscordError> {
        let channel = channel.into();
        let draft = Draft { reply_to: Some(to), reply_must_exist: true, ..Draft::text(text) };
        self.act(|state, me| messages::create(state, me, channel, &checked(draft)?))
    }

    /// Writes a reply that does not mention the author it replies to.
    pub fn reply_quietly(
        &self,
        channel: impl Into<ChannelId>,
        to: MessageId,
        text: &str,
    ) -> Result<MessageId, DiscordError> {
        let channel = channel.into();
        let quiet = Some(json!({"parse": ["users", "roles", "everyone"], "replied_user": false}));
        let draft = Draft { reply_to: Some(to), reply_must_exist: true, allowed_mentions: quiet, ..Draft::text(text) };
        self.act(|state, me| messages::create(state, me, channel, &checked(draft)?))
    }

    /// Writes a message with a file.
    pub fn say_with_file(
        &self,
        channel: impl Into<ChannelId>,
        text: &str,
        filename: &str,
        content_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<MessageId, DiscordError> {
        let channel = channel.into();
        let upload =
            Upload { filename: filename.to_owned(), content_type: Some(content_type.to_owned()), bytes: bytes.into() };
        let draft = Draft { uploads: vec![upload], ..Draft::text(text) };
        self.act(|state, me| messages::create(state, me, channel, &checked(draft)?))
    }

    /// Writes a message with what Discord itself adds to its JSON: embeds, a forwarded message, a poll, stickers.
    pub fn say_with(&self, channel: impl Into<ChannelId>, text: &str, extra: Value) -> Result<MessageId, DiscordError> {
        let channel = channel.into();
        let draft = Draft { extra: Some(extra), ..Draft::text(text) };
        self.act(|state, me| messages::create(state, me, channel, &checked(draft)?))
    }

    /// Adds a message from the past without announcing it.
    pub fn said(&self, channel: impl Into<ChannelId>, text: &str, ago: Duration) -> Result<MessageId, DiscordError> {
        let channel = channel.into();
        self.act(|state, me| {
            messages::allow(state, me, channel, Permissions::SEND_MESSAGES)?;
            let age = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
            let then = state.world.clock.now_ms().saturating_sub(age);
            let id = MessageId::new(state.world.clock.id_at(then));
            let mut message = Message::new(id, channel, me, then);
            messages::fill(state, &mut message, &Draft::text(text))?;
            state.world.messages.entry(channel).or_default().insert(id, message);
            Ok(id)
        })
    }

    /// Edits one of their messages.
    pub fn edit(&self, channel: impl Into<ChannelId>, message: MessageId, text: &str) -> Result<(), DiscordError> {
        let channel = channel.into();
        self.act(|state, me| messages::edit(state, me, channel, message, &checked(Draft::text(text))?))
    }

    /// Deletes their own message, or any message with the permission to manage messages.
    pub fn delete(&self, channel: impl Into<ChannelId>, message: MessageId) -> Result<(), DiscordError> {
        let channel = channel.into();
        self.act(|state, me| messages::delete(state, me, channel, message))
    }

    /// Deletes many messages at once, as moderators' bots do.
    pub fn delete_bulk(&self, channel: impl Into<ChannelId>, messages: &[MessageId]) -> Result<(), DiscordError> {
        let channel = channel.into();
        self.act(|state, me| messages::delete_bulk(state, me, channel, messages))
    }

    /// Reacts to a message.
    pub fn react(&self, channel: impl Into<ChannelId>, message: MessageId, emoji: &str) -> Result<(), DiscordError> {
        let channel = channel.into();
        self.act(|state, me| reactions::add(state, Reaction { user: me, channel, message, emoji }))
    }

    /// Removes their reaction.
    pub fn unreact(&self, channel: impl Into<ChannelId>, message: MessageId, emoji: &str) -> Result<(), DiscordError> {
        let channel = channel.into();
        self.act(|state, me| reactions::remove(state, Reaction { user: me, channel, message, emoji }))
    }

    /// Announces that they are typing.
    pub fn type_in(&self, channel: impl Into<ChannelId>) -> Result<(), DiscordError> {
        let channel = channel.into();
        self.act(|state, me| {
            messages::allow(state, me, channel, Permissions::SEND_MESSAGES)?;
            announce_typing(state, me, channel);
            Ok(())
        })
    }

    /// Starts a thread from a message.
    pub fn start_thread(
        &self,
        channel: impl Into<ChannelId>,
        from: MessageId,
        name: &str,
    ) -> Result<Channel, DiscordError> {
        let channel = channel.into();
        let thread =
            self.act(|state, me| threads::create(state, me, channel, Some(from), ChannelType::PublicThread, name))?;
        Ok(Channel::new(self.core.clone(), thread))
    }

    /// Starts a post in a forum: a thread with its first message.
    pub fn start_post(&self, forum: impl Into<ChannelId>, name: &str, text: &str) -> Result<Channel, DiscordError> {
        let forum = forum.into();
        let post = self.act(|state, me| threads::create(state, me, forum, None, ChannelType::PublicThread, name))?;
        self.say(post, text)?;
        Ok(Channel::new(self.core.clone(), post))
    }

    /// Starts a private thread with themselves in it.
    pub fn start_private_thread(&self, channel: impl Into<ChannelId>, name: &str) -> Result<Channel, DiscordError> {
        let channel = channel.into();
        let thread =
            self.act(|state, me| threads::create(state, me, channel, None, ChannelType::PrivateThread, name))?;
        Ok(Channel::new(self.core.clone(), thread))
    }

    /// Their direct conversation with the bot.
    pub fn direct(&self) -> Channel {
        let id = self.core.change(|state| state.direct_channel(self.id));
        Channel::new(self.core.clone(), id)
    }

    /// Uses a slash command; it must be registered and the options must fit. A subcommand's words follow the
    /// command's (`rtfm settings show`); a channel is chosen by its id as a text.
    pub fn slash(
        &self,
        channel: impl Into<ChannelId>,
        command: &str,
        options: &[(&str, Value)],
    ) -> Result<InteractionHandle, DiscordError> {
        let channel = channel.into();
        let id = self.act(|state, me| invoke::slash(state, me, channel, command, options))?;
        Ok(InteractionHandle::new(self.core.clone(), id))
    }

    /// Uses a command from a message's context menu.
    pub fn message_command(
        &self,
        channel: impl Into<ChannelId>,
        command: &str,
        target: MessageId,
    ) -> Result<InteractionHandle, DiscordError> {
        let channel = channel.into();
        let id = self.act(|state, me| invoke::on_message(state, me, channel, command, target))?;
        Ok(InteractionHandle::new(self.core.clone(), id))
    }

    /// Uses a command from a user's context menu.
    pub fn user_command(
        &self,
        channel: impl Into<ChannelId>,
        command: &str,
        target: impl Into<UserId>,
    ) -> Result<InteractionHandle, DiscordError> {
        let (channel, target) = (channel.into(), target.into());
        let id = self.act(|state, me| invoke::on_user(state, me, channel, command, target))?;
        Ok(InteractionHandle::new(self.core.clone(), id))
    }

    /// Clicks a button.
    pub fn click(
        &self,
        channel: impl Into<ChannelId>,
        message: MessageId,
        custom_id: &str,
    ) -> Result<InteractionHandle, DiscordError> {
        let channel = channel.into();
        let id = self.act(|state, me| invoke::component(state, me, channel, message, custom_id, None))?;
        Ok(InteractionHandle::new(self.core.clone(), id))
    }

    /// Chooses from a menu.
    pub fn choose(
        &self,
        channel: impl Into<ChannelId>,
        message: MessageId,
        custom_id: &str,
        values: &[&str],
    ) -> Result<InteractionHandle, DiscordError> {
        let channel = channel.into();
        let id = self.act(|state, me| invoke::component(state, me, channel, message, custom_id, Some(values)))?;
        Ok(InteractionHandle::new(self.core.clone(), id))
    }
}

/// Applies the limits on messages, which are the same for people and bots.
fn checked(draft: Draft) -> Result<Draft, DiscordError> {
    draft.check()?;
    Ok(draft)
}
