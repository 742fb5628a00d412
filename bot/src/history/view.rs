//! The channels that the bot is shut out of. What people say there while it cannot look is not its to read later: once
//! it is let in again, what counts as heard is moved past it.

use super::{
    Gaps, Seen,
    compare::Since,
    gap::{has_messages, second},
    snowflake,
};
use crate::{
    access::may_view,
    gateway::{public_parent_of, topology},
};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::event::{ChannelId as Id, ChannelRule};
use serenity::{
    cache::Cache,
    model::id::{ChannelId, GuildId, UserId},
};

/// A channel or thread that is older than this when it is told of was not just made: the bot was let in.
const JUST_MADE: SignedDuration = SignedDuration::from_secs(60);

/// A place, and whether the bot sees it.
pub(crate) type View = (ChannelId, bool);

/// Every place of a guild in which messages stand, as it is seen right now; nothing when that is not known.
pub(crate) fn views(cache: &Cache, guild: GuildId, me: UserId) -> Vec<View> {
    let places = || {
        let picture = topology::of(cache, guild)?;
        let guild = cache.guild(guild)?;
        let bot = topology::bot(&guild, me)?;
        let places = guild.channels.values().chain(&guild.threads).filter(|place| has_messages(place));
        Some(places.map(|place| (place.id, may_view(&picture, place.id.get(), &bot))).collect())
    };
    places().unwrap_or_default()
}

/// This instant as a snowflake: what was said so far comes before it.
pub(super) fn now() -> u64 {
    let now = Timestamp::now();
    let second = snowflake(now.as_second());
    let milliseconds = u64::try_from(now.as_millisecond().rem_euclid(1000)).unwrap_or_default();
    second + ((milliseconds + 1) << 22) - 1
}

impl Gaps {
    /// Who may view what may have changed, and it is like this now: notes what the bot is shut out of, and passes over
    /// what was said in those channels that it sees again, which are returned with what was not told of them. Nothing is
    /// done before it is known which ones it was shut out of; the gap that is filled then looks itself.
    pub(crate) fn look(&self, guild: GuildId, views: &[View]) -> Vec<(ChannelId, Since)> {
        if !self.settings.is_ready() {
            return Vec::new();
        }
        let mut again = Vec::new();
        for (place, is_seen) in views.iter().copied() {
            let is_shut = self.seen.is_shut(place.get(), &self.settings);
            match (is_seen, is_shut) {
                (false, false) => self.seen.shut(guild.get(), place.get()),
                (true, true) => {
                    let (heard, now) = (self.seen.of(place.get()).max(self.noted(place)), now());
                    again.push((place, Since { second: heard.map_or(0, second), until: now }));
                    self.seen.reopened(guild.get(), place.get(), now);
                }
                _ => {}
            }
        }
        if !again.is_empty() {
            tracing::info!(%guild, channels = again.len(), "what was said while the bot was shut out is not read");
        }
        again
    }

    fn noted(&self, place: ChannelId) -> Option<u64> {
        self.settings.seen(&place.get().into())?.message_id.snowflake()
    }

    /// A channel or thread was made, or the bot was let into it: what is said in it is heard from now on, if the bot
    /// sees it.
    pub(crate) fn opened(&self, cache: &Cache, guild: GuildId, place: ChannelId, me: UserId) {
        let views = views(cache, guild, me);
        let Some((_, is_seen)) = views.into_iter().find(|(known, _)| *known == place) else { return };
        let parent = public_parent_of(cache, guild, place).filter(|_| is_seen);
        let (guild, id) = (guild.get(), place.get());
        if let Some(parent) = parent {
            self.seen.thread(guild, id, parent.get());
        }
        let is_known = self.seen.of(id).is_some() || self.noted(place).is_some();
        let is_shut = self.seen.is_shut(id, &self.settings);
        let just_made = id >= snowflake((Timestamp::now() - JUST_MADE).as_second());
        match is_seen {
            false => self.seen.shut(guild, id),
            true if is_shut || !(is_known || just_made) => self.seen.reopened(guild, id, now()),
            true => self.seen.heard(Some(guild), id, id),
        }
    }
}

impl Seen {
    /// A guild changes which channels are remembered: what was said so far in those that it left out before is not
    /// read, also not as something that was missed. Whether there are any.
    pub(crate) fn remember_from_now(
        &self,
        cache: &Cache,
        guild: GuildId,
        before: &ChannelRule,
        after: &ChannelRule,
    ) -> bool {
        let (now, mut any) = (now(), false);
        let Some(known) = cache.guild(guild) else { return false };
        for place in known.channels.values().chain(&known.threads) {
            let id = Id::from(place.id.get());
            let parent = place.thread_metadata.and(place.parent_id).map(|parent| Id::from(parent.get()));
            if !before.includes(&id, parent.as_ref()) && after.includes(&id, parent.as_ref()) {
                self.pass_over(guild.get(), place.id.get(), now);
                any = true;
            }
        }
        any
    }
}
