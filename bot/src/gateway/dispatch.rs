//! A shard's events, one after the other: the cache is brought up to date, and what the bot acts on goes into the
//! one channel to [`super::intake`]. Nothing in here waits.

use super::{
    happening::{Happening, Heard},
    link::Link,
    remember::remember,
};
use crate::meters::WAYS;
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

/// What listens to one shard.
#[derive(Debug)]
pub(crate) struct Ear {
    shard: u32,
    total: u32,
    cache: Arc<Cache>,
    events: mpsc::UnboundedSender<Heard>,
    link: Link,
    /// The shard's guilds that the bot is in.
    guilds: BTreeSet<GuildId>,
    connected: Option<Instant>,
    /// What could not be read and was told in the log.
    unreadable: BTreeSet<String>,
}

/// So many different things that cannot be read are told in the log; all of them are counted.
const TOLD: usize = 50;

impl Ear {
    /// Listens to this shard of so many, whose guilds are not known yet.
    pub(crate) fn new(
        (shard, total): (u32, u32),
        cache: Arc<Cache>,
        events: mpsc::UnboundedSender<Heard>,
        link: Link,
    ) -> Self {
        Self {
            shard,
            total,
            cache,
            events,
            link,
            guilds: BTreeSet::new(),
            connected: None,
            unreadable: BTreeSet::new(),
        }
    }

    /// Since when its session stands, if it does.
    pub(crate) fn connected_since(&self) -> Option<Instant> {
        self.connected
    }

    /// Its connection is gone.
    pub(crate) fn disconnected(&mut self) {
        self.connected = None;
    }

    /// Takes in one event.
    pub(crate) fn hear(&mut self, mut event: Event) {
        let [identify, resume] = WAYS;
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
        remember(&self.cache, &mut event);
        if let Some(happening) = Happening::of(event, (self.shard, self.total), &self.cache) {
            self.tell(happening);
        }
    }

    /// Takes in something that cannot be read: `what` is the event's name, or what is wrong with it.
    pub(crate) fn unreadable(&mut self, what: String) {
        metrics::counter!("rtfm_discord_events_unreadable_total").increment(1);
        if self.unreadable.len() < TOLD && !self.unreadable.contains(&what) {
            tracing::warn!(shard = self.shard, what, "Discord sent something that cannot be read");
            self.unreadable.insert(what);
        }
    }

    fn connected(&mut self, how: &'static str) {
        self.connected = Some(Instant::now());
        self.link.shard(ShardId(self.shard), true);
        metrics::counter!("rtfm_discord_connections_total", "how" => how).increment(1);
    }

    /// A new session names every guild: those that it does not name were left while nobody listened.
    fn left_meanwhile(&mut self, guilds: BTreeSet<GuildId>) {
        let before = std::mem::replace(&mut self.guilds, guilds);
        for gone in before.difference(&self.guilds) {
            let event = serde_json::from_value::<GuildDeleteEvent>(json!({"id": gone, "unavailable": false}));
            if let Ok(mut event) = event {
                self.cache.update(&mut event);
            }
            self.tell(Happening::Left(*gone));
        }
    }

    fn tell(&self, happening: Happening) {
        // The other end is gone only when the process ends.
        let _ = self.events.send((self.cache.clone(), happening));
    }
}
