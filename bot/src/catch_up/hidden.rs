//! Channels that are hidden from the bot. The bot must not read later what was written there meanwhile: once a
//! channel is visible again, its checkpoint moves past it.

use super::{CatchUp, compare::Since};
use crate::discord::{
    channels::{View, public_parent_of, views},
    ids::{self, EventId, ToEventId, second_of},
    model::{Cache, ChannelId, GuildId, UserId},
};
use jiff::{SignedDuration, Timestamp};

/// A channel that was created longer ago when its event comes is not new: it became visible.
const NEW: SignedDuration = SignedDuration::from_secs(60);

impl CatchUp {
    /// Permissions may have changed, and this is what the bot sees now. Keeps which channels are hidden, and skips what
    /// was written in those that are visible again, which are returned with what may have been missed in them.
    /// Before the settings are known nothing is done; filling the gap does it then.
    pub(crate) fn update_hidden(&self, guild: GuildId, views: &[View]) -> Vec<(ChannelId, Since)> {
        if !self.settings.is_ready() {
            return Vec::new();
        }
        let mut again = Vec::new();
        for (channel, is_visible) in views.iter().copied() {
            let id = channel.get();
            match (is_visible, self.checkpoints.is_hidden(id, &self.settings)) {
                (false, false) => self.checkpoints.hidden(guild.get(), id),
                (true, true) => {
                    let (received, now) = (self.checkpoints.of(id).max(self.stored(channel)), ids::now());
                    again.push((channel, Since { second: received.map_or(0, second_of), until: now }));
                    self.checkpoints.reopened(guild.get(), id, now);
                }
                _ => {}
            }
        }
        if !again.is_empty() {
            tracing::info!(%guild, channels = again.len(), "channels visible again, skipping what was written meanwhile");
        }
        again
    }

    fn stored(&self, channel: ChannelId) -> Option<u64> {
        self.settings.seen(&channel.event_id())?.message_id.number()
    }

    /// A channel or thread was created, or became visible: from now on its messages are received, if the bot sees it.
    pub(crate) fn opened(&self, cache: &Cache, guild: GuildId, channel: ChannelId, me: UserId) {
        let views = views(cache, guild, me);
        let Some((_, is_visible)) = views.into_iter().find(|(known, _)| *known == channel) else { return };
        let parent = public_parent_of(cache, guild, channel).filter(|_| is_visible);
        let (guild, id) = (guild.get(), channel.get());
        if let Some(parent) = parent {
            self.checkpoints.thread(guild, id, parent.get());
        }
        let is_known = self.checkpoints.of(id).is_some() || self.stored(channel).is_some();
        let is_hidden = self.checkpoints.is_hidden(id, &self.settings);
        let is_new = ids::second_of(id) >= (Timestamp::now() - NEW).as_second();
        match is_visible {
            false => self.checkpoints.hidden(guild, id),
            true if is_hidden || !(is_known || is_new) => self.checkpoints.reopened(guild, id, ids::now()),
            true => self.checkpoints.advance(Some(guild), id, id),
        }
    }
}
