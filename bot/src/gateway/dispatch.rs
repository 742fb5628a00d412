//! A shard's events, one after the other: each updates the cache, and those that the bot acts on go into the channel to
//! the intake. Nothing here waits, since heartbeats would wait too.
//!
//! The channel is bounded. Where the intake falls so far behind that it is full but for a reserve, message events of
//! guilds are dropped, and a [`GatewayEvent::Dropped`] follows when there is room again: the intake then fetches what
//! was written, edited and deleted in those guilds, as after a lost session. Other events use the reserve.

use super::{
    cache_update::update,
    event::{EventWithCache, GatewayEvent},
    status::ShardStatus,
};
use serde_json::json;
use serenity::{
    cache::Cache,
    model::{
        event::{Event, GuildDeleteEvent},
        id::{GuildId, ShardId},
    },
};
use std::{collections::BTreeSet, sync::Arc};
use tokio::{sync::mpsc, time::Instant};

/// How a connection came about, as a metric's label.
pub(crate) const CONNECTION_KINDS: [&str; 2] = ["identify", "resume"];

/// Events between the shards and the intake, and how many of them are for those that cannot be fetched again.
const WAITING: usize = 65_536;
const RESERVE: usize = 8_192;

/// The channel from the shards to the intake.
pub(crate) fn events() -> (mpsc::Sender<EventWithCache>, mpsc::Receiver<EventWithCache>) {
    mpsc::channel(WAITING)
}

/// Handles the events of one shard.
#[derive(Debug)]
pub(crate) struct ShardEventHandler {
    shard: u32,
    total: u32,
    cache: Arc<Cache>,
    events: mpsc::Sender<EventWithCache>,
    status: ShardStatus,
    /// The shard's guilds of which the bot is a member.
    guilds: BTreeSet<GuildId>,
    connected: Option<Instant>,
    /// Guilds with dropped message events.
    dropped: BTreeSet<GuildId>,
    /// What could not be decoded and was logged.
    unreadable: BTreeSet<String>,
}

/// Different decoding errors that are logged; all of them are counted.
const LOGGED: usize = 50;

impl ShardEventHandler {
    /// Handles the events of this shard of so many, whose guilds are not known yet.
    pub(crate) fn new(
        (shard, total): (u32, u32),
        cache: Arc<Cache>,
        events: mpsc::Sender<EventWithCache>,
        status: ShardStatus,
    ) -> Self {
        let (guilds, dropped, unreadable) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { shard, total, cache, events, status, guilds, connected: None, dropped, unreadable }
    }

    /// Since when its session is established, if it is.
    pub(crate) fn connected_since(&self) -> Option<Instant> {
        self.connected
    }

    /// Its connection is lost.
    pub(crate) fn disconnected(&mut self) {
        self.connected = None;
    }

    pub(crate) fn handle(&mut self, mut event: Event) {
        let [identify, resume] = CONNECTION_KINDS;
        match &event {
            Event::Ready(ready) => {
                self.connected(identify);
                let guilds = ready.ready.guilds.iter().map(|guild| guild.id).collect();
                self.left_meanwhile(guilds);
            }
            Event::Resumed(_) => self.connected(resume),
            Event::GuildCreate(event) => {
                self.guilds.insert(event.guild.id);
            }
            Event::GuildDelete(event) if !event.guild.unavailable => {
                self.guilds.remove(&event.guild.id);
            }
            _ => {}
        }
        update(&self.cache, &mut event);
        if let Some(event) = GatewayEvent::of(event, (self.shard, self.total), &self.cache) {
            self.emit(event);
        }
    }

    /// Counts something that cannot be decoded: `what` is the event's name, or what is wrong with it.
    pub(crate) fn unreadable(&mut self, what: String) {
        metrics::counter!("rtfm_discord_events_unreadable_total").increment(1);
        if self.unreadable.len() < LOGGED && !self.unreadable.contains(&what) {
            tracing::warn!(shard = self.shard, what, "failed to decode an event of Discord's");
            self.unreadable.insert(what);
        }
    }

    fn connected(&mut self, how: &'static str) {
        self.connected = Some(Instant::now());
        self.status.set_connected(ShardId(self.shard), true);
        metrics::counter!("rtfm_discord_connections_total", "how" => how).increment(1);
    }

    /// A new session names every guild: those that it does not name removed the bot while it was away.
    fn left_meanwhile(&mut self, guilds: BTreeSet<GuildId>) {
        let before = std::mem::replace(&mut self.guilds, guilds);
        let gone: Vec<GuildId> = before.difference(&self.guilds).copied().collect();
        for gone in gone {
            let event = serde_json::from_value::<GuildDeleteEvent>(json!({"id": gone, "unavailable": false}));
            if let Ok(mut event) = event {
                self.cache.update(&mut event);
            }
            self.emit(GatewayEvent::GuildLeave(gone));
        }
    }

    fn emit(&mut self, event: GatewayEvent) {
        let has_room = self.events.capacity() > RESERVE.min(self.events.max_capacity() / 2);
        if has_room && !self.dropped.is_empty() {
            let dropped = std::mem::take(&mut self.dropped);
            self.send(GatewayEvent::Dropped(dropped));
        }
        match event.refetchable_in() {
            Some(guild) if !has_room => {
                metrics::counter!("rtfm_discord_events_dropped_total").increment(1);
                if self.dropped.is_empty() {
                    tracing::error!(shard = self.shard, "intake is too far behind, messages will be fetched later");
                }
                self.dropped.insert(guild);
            }
            _ => self.send(event),
        }
    }

    fn send(&self, event: GatewayEvent) {
        let kind = event.kind();
        // The channel is closed only when the process ends.
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send((self.cache.clone(), event)) {
            metrics::counter!("rtfm_discord_events_dropped_total").increment(1);
            tracing::error!(shard = self.shard, kind, "intake does not keep up, dropping an event");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serenity::model::id::{ChannelId, MessageId};

    #[test]
    fn a_full_channel_drops_messages_and_says_so_when_there_is_room() {
        let (events, mut received) = mpsc::channel(4);
        let mut handler = ShardEventHandler::new((0, 1), Arc::new(Cache::new()), events, ShardStatus::default());
        let guild = GuildId::new(7);
        let deleted = |id| GatewayEvent::MessagesDelete {
            guild: Some(guild),
            channel: ChannelId::new(5),
            messages: vec![MessageId::new(id)],
        };
        (1..=4).for_each(|id| handler.emit(deleted(id)));
        handler.emit(GatewayEvent::GuildLeave(GuildId::new(8)));
        let mut next = || received.try_recv().ok().map(|(_, event)| event);
        assert!(matches!(next(), Some(GatewayEvent::MessagesDelete { .. })));
        assert!(matches!(next(), Some(GatewayEvent::MessagesDelete { .. })));
        handler.emit(deleted(5));
        assert!(matches!(next(), Some(GatewayEvent::GuildLeave(_))), "it uses the reserve");
        assert!(matches!(next(), Some(GatewayEvent::Dropped(guilds)) if guilds == BTreeSet::from([guild])));
        assert!(matches!(next(), Some(GatewayEvent::MessagesDelete { .. })));
        assert!(next().is_none());
    }
}
