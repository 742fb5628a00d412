//! Messages on their way to the memory: what of them may be remembered is published, once each.

use super::{dedup::DedupCache, edits};
use crate::{
    discord::{
        channels::public_parent_of,
        ids::ToEventId,
        message::{asks, chat_message, is_human, says_something},
        model::{Cache, ChannelId, GuildId, Message, MessageId, MessageUpdateEvent, UserId},
        rest::Rest,
        trigger::Trigger,
    },
    gateway::ContentAccess,
    publish::{Checkpoints, EditedMessages, Lookup, Publisher},
};
use jiff::Timestamp;
use rtfm_shared::{
    event::{ChannelDeleted, MessageEvent, MessagesDeleted},
    settings::Settings,
};
use std::sync::Arc;

pub(super) struct Recorder {
    pub(super) publisher: Publisher,
    pub(super) checkpoints: Checkpoints,
    settings: Settings,
    content: ContentAccess,
    /// Messages that were published, once each, though they may come as events and in what was missed.
    published: DedupCache,
}

impl Recorder {
    pub(super) fn new(
        publisher: Publisher,
        checkpoints: Checkpoints,
        settings: Settings,
        content: ContentAccess,
    ) -> Self {
        Self { publisher, checkpoints, settings, content, published: DedupCache::default() }
    }

    /// Publishes a message, received or fetched, unless it must not be remembered; returns the question in it, if it
    /// asks.
    pub(super) fn record(
        &mut self,
        cache: &Cache,
        message: &Message,
        guild: Option<GuildId>,
        me: Option<UserId>,
        traceparent: &str,
        is_fetched: bool,
    ) -> Option<(Trigger, String)> {
        let Some(me) = me.filter(|_| is_human(message)) else {
            self.publisher.skip(message, guild);
            return None;
        };
        if message.content.is_empty() && guild.is_some() && !self.content.is_readable() {
            // Discord withholds its text, and will not show it later either.
            self.publisher.skip(message, guild);
            return None;
        }
        let asked = asks(cache, message, guild, me);
        if let Some((guild, parent)) = guild.and_then(|id| Some((id, public_parent_of(cache, id, message.channel_id)?)))
        {
            self.checkpoints.thread(guild.get(), message.channel_id.get(), parent.get());
        }
        if says_something(message) {
            let said = chat_message(cache, message, guild, asked.is_some());
            // Messages that must not be remembered do not leave this process. Before all settings are known, the
            // processors filter them.
            if !self.settings.may_remember(&said) {
                self.publisher.skip(message, guild);
            } else if !self.published.contains(message.id) {
                self.publish(MessageEvent::Created(said), message.id, traceparent, is_fetched);
            }
        } else {
            self.publisher.skip(message, guild);
        }
        asked
    }

    fn publish(&mut self, event: MessageEvent, message: MessageId, traceparent: &str, is_fetched: bool) {
        let is_published = if is_fetched {
            self.publisher.publish_fetched(event, traceparent);
            true
        } else {
            self.publisher.publish(event, traceparent)
        };
        if is_published {
            self.published.insert(message);
        }
    }

    /// Publishes what an update changes in a message, if it is an edit.
    pub(super) fn update(
        &self,
        rest: &Arc<Rest>,
        cache: &Arc<Cache>,
        update: &MessageUpdateEvent,
        me: UserId,
        traceparent: &str,
    ) {
        if let Some(edit) = edits::edit(rest, cache, update, me, self.content.is_readable()) {
            let which = (update.guild_id.map(GuildId::get), update.channel_id.get(), update.id.get());
            self.publisher.publish_lookup(which, self.if_wanted(edit), traceparent);
        }
    }

    /// Reads messages again whose edits did not fit into a queue, and publishes them.
    pub(super) fn reread(
        &self,
        rest: &Arc<Rest>,
        cache: &Arc<Cache>,
        edited: EditedMessages,
        me: UserId,
        traceparent: &str,
    ) {
        let guild = edited.guild.filter(|id| *id != 0).map(GuildId::new);
        if edited.channel == 0 {
            return;
        }
        for id in edited.messages.into_iter().filter(|id| *id != 0) {
            let which = (guild, ChannelId::new(edited.channel), MessageId::new(id));
            let edit = edits::reread(rest, cache, which, me, self.content.is_readable());
            self.publisher.publish_lookup((edited.guild, edited.channel, id), self.if_wanted(edit), traceparent);
        }
    }

    /// Publishes messages whose edits no session delivered; returns how many.
    pub(super) fn edited(
        &mut self,
        cache: &Cache,
        messages: &[Message],
        guild: GuildId,
        me: UserId,
        traceparent: &str,
    ) -> usize {
        let all = self.content.is_readable();
        let edits = messages.iter().filter_map(|message| edits::as_event(cache, message, Some(guild), me, all));
        let wanted: Vec<MessageEvent> = edits.filter(|edit| is_wanted(&self.settings, edit)).collect();
        let count = wanted.len();
        for edit in wanted {
            self.publisher.publish(edit, traceparent);
        }
        count
    }

    pub(super) fn channels_deleted(&mut self, guild: GuildId, channels: Vec<ChannelId>, traceparent: &str) {
        let now = Timestamp::now();
        for channel in channels {
            let (channel_id, guild_id) = (channel.event_id(), Some(guild.event_id()));
            let deleted = ChannelDeleted { channel_id, guild_id, timestamp: now };
            self.publisher.publish(MessageEvent::ChannelDeleted(deleted), traceparent);
        }
    }

    /// What a lookup finds, unless it must not be remembered.
    fn if_wanted(&self, edit: Lookup) -> Lookup {
        let settings = self.settings.clone();
        Box::pin(async move { edit.await.filter(|edit| is_wanted(&settings, edit)) })
    }
}

fn is_wanted(settings: &Settings, event: &MessageEvent) -> bool {
    match event {
        MessageEvent::Created(message) | MessageEvent::Updated(message) => settings.may_remember(message),
        _ => true,
    }
}

pub(super) fn deleted(
    guild: Option<GuildId>,
    channel: ChannelId,
    messages: &[MessageId],
    now: Timestamp,
) -> MessageEvent {
    let mut ids = messages.iter().map(|id| id.event_id());
    let (message_id, message_ids) = if messages.len() == 1 { (ids.next(), Vec::new()) } else { (None, ids.collect()) };
    MessageEvent::Deleted(MessagesDeleted {
        channel_id: channel.event_id(),
        message_id,
        message_ids,
        guild_id: guild.map(ToEventId::event_id),
        timestamp: now,
    })
}
