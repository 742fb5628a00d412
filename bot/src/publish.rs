//! What happened on Discord, onto the bus: in order within a channel, tried until the bus takes it,
//! without ever making the gateway wait. Channels are spread over a fixed number of lanes, each a queue with one task.
//!
//! While the bus is away for long, a lane's queue fills. Then new messages are left out, which Discord still has: they
//! are fetched when there is room again ([`Behind::CaughtUp`]), and until then their channel does not count as heard.
//! Removals and edits are never left out.

mod overflow;
mod queue;
#[cfg(test)]
mod tests;

use crate::{history::Seen, rest::retries};
use backon::{BackoffBuilder, ExponentialBuilder};
pub(crate) use overflow::Edited;
use overflow::Overflow;
use queue::Queue;
use rtfm_shared::{
    bus::{Bus, OutRecord, topics},
    event::{Envelope, Event, MessageEvent},
    resilience::{Class, Classify},
    telemetry::trace,
};
use serenity::model::{channel::Message, id::GuildId};
use std::{
    future::Future,
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

/// The logical source of everything that the bot says.
pub(crate) const SOURCE: &str = "rtfm/bot";

const LANES: usize = 16;
const BATCH: usize = 64;

/// An event that must be looked up first, in its turn; none when there is nothing to say after all.
pub(crate) type Lookup = Pin<Box<dyn Future<Output = Option<MessageEvent>> + Send>>;

type Traced = Envelope<MessageEvent>;

enum Item {
    Said(Box<Traced>),
    /// With the trace context of what is found.
    Ask(Lookup, String),
    /// A message that is not published, in its turn.
    Heard {
        guild: Option<u64>,
        channel: u64,
        message: u64,
    },
    /// What did not fit.
    Overflow(Box<Overflow>),
    /// Everything before this is published when the sender is used.
    Barrier(oneshot::Sender<()>),
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Said(_) => "Said",
            Self::Ask(..) => "Ask",
            Self::Heard { .. } => "Heard",
            Self::Overflow(_) => "Overflow",
            Self::Barrier(_) => "Barrier",
        })
    }
}

/// What is to be done after a queue was full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// There is room again, and messages were left out.
    CaughtUp,
    /// These messages were edited; how, must be read.
    Edited(Edited),
}

/// The way onto `discord-messages`.
pub(crate) struct Publisher {
    bus: Arc<dyn Bus>,
    lanes: Vec<Arc<Queue>>,
    tasks: JoinSet<()>,
}

impl Publisher {
    /// Starts the lanes, in each of which so many events wait in full. What comes back tells what is to be done after
    /// one was full.
    pub(crate) fn start(bus: Arc<dyn Bus>, seen: &Seen, waiting: usize) -> (Self, mpsc::UnboundedReceiver<Behind>) {
        let mut tasks = JoinSet::new();
        let (tell, behind) = mpsc::unbounded_channel();
        let lanes = (0..LANES)
            .map(|_| {
                let queue = Arc::new(Queue::new(waiting));
                tasks.spawn(lane(bus.clone(), queue.clone(), seen.clone(), tell.clone()));
                queue
            })
            .collect();
        (Self { bus, lanes, tasks }, behind)
    }

    /// Publishes an event after everything that was said in its channel before, as a step of its trace.
    /// False when it is left out, because too much is waiting already: only what Discord still has is.
    pub(crate) fn say(&mut self, event: MessageEvent, traceparent: &str) -> bool {
        if event.is_for_every_partition() {
            self.say_everywhere(traced(event, traceparent), None);
            return true;
        }
        let Some(lane) = self.lane(&event.key()) else { return false };
        if lane.has_room() {
            lane.push(Item::Said(Box::new(traced(event, traceparent))));
            return true;
        }
        if !matches!(event, MessageEvent::Created(_)) {
            return lane.overflow(|overflow| overflow.keep(&event, traceparent));
        }
        metrics::counter!("rtfm_discord_events_dropped_total").increment(1);
        if lane.refuses() {
            tracing::error!("the bus has been away for too long and a queue is full: messages are fetched later");
        }
        false
    }

    /// Publishes a message that was fetched, however much is waiting: what is fetched waits for what it published.
    pub(crate) fn say_fetched(&mut self, event: MessageEvent, traceparent: &str) {
        if let Some(lane) = self.lane(&event.key()) {
            lane.push(Item::Said(Box::new(traced(event, traceparent))));
        }
    }

    /// Publishes an event that concerns every partition, and tells when it is on all of them.
    pub(crate) fn say_and_tell(&mut self, event: MessageEvent, traceparent: &str, told: oneshot::Sender<()>) {
        self.say_everywhere(traced(event, traceparent), Some(told));
    }

    /// Publishes what a lookup finds, in the channel's order. Where there is no room it is made again later.
    pub(crate) fn say_after(&self, edited: (Option<u64>, u64, u64), lookup: Lookup, traceparent: &str) {
        let (guild, channel, message) = edited;
        let Some(lane) = self.lane(&channel.to_string()) else { return };
        if lane.has_room() {
            lane.push(Item::Ask(lookup, traceparent.to_owned()));
        } else {
            lane.overflow(|overflow| overflow.edited(guild, channel, message, traceparent));
        }
    }

    /// A message is heard that is not published: what comes after it is not missed for its sake.
    pub(crate) fn pass(&self, message: &Message, guild: Option<GuildId>) {
        let (guild, channel, id) = (guild.map(GuildId::get), message.channel_id.get(), message.id.get());
        // Where there is no room it is heard again another time.
        if let Some(lane) = self.lane(&channel.to_string()).filter(|lane| lane.has_room()) {
            lane.push(Item::Heard { guild, channel, message: id });
        }
    }

    /// Tells when everything that was said in a channel before is published.
    pub(crate) fn tell_when_published(&self, channel: &str, reached: oneshot::Sender<()>) {
        if let Some(lane) = self.lane(channel) {
            lane.push(Item::Barrier(reached));
        }
    }

    fn lane(&self, key: &str) -> Option<&Arc<Queue>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.lanes.get(usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default())
    }

    /// To every partition, and after everything that is waiting now, since it concerns all of it.
    fn say_everywhere(&mut self, event: Traced, told: Option<oneshot::Sender<()>>) {
        let barriers: Vec<_> = self
            .lanes
            .iter()
            .map(|lane| {
                let (reached, barrier) = oneshot::channel();
                lane.push(Item::Barrier(reached));
                barrier
            })
            .collect();
        let bus = self.bus.clone();
        self.tasks.spawn(async move {
            futures::future::join_all(barriers).await;
            let mut delays = delays();
            loop {
                match on_every_partition(bus.as_ref(), &event).await {
                    Ok(()) => break,
                    Err(error) => wait(&mut delays, &error).await,
                }
            }
            // Whoever asked may have given up waiting.
            told.map(|told| told.send(()));
        });
    }

    /// Publishes what waits, until the deadline; returns whether all of it is published.
    pub(crate) async fn flush(mut self, deadline: Duration) -> bool {
        self.lanes.iter().for_each(|lane| lane.close());
        let deadline = Instant::now() + deadline;
        while !self.tasks.is_empty() {
            if tokio::time::timeout_at(deadline, self.tasks.join_next()).await.is_err() {
                tracing::error!("events that were not published before the deadline are lost");
                return false;
            }
        }
        true
    }
}

fn traced(event: MessageEvent, traceparent: &str) -> Traced {
    Envelope::new(event, SOURCE).caused_by(Some(traceparent.to_owned()))
}

/// Publishes one record on every partition of the topic.
async fn on_every_partition(bus: &dyn Bus, event: &Traced) -> Result<(), String> {
    let record = event.encode().map_err(|error| error.to_string())?;
    let found = bus.watermarks(&[topics::MESSAGES]).await.map_err(|error| error.to_string())?;
    let marks = found.into_iter().flatten().next();
    let marks = marks.ok_or_else(|| format!("topic {} does not exist", topics::MESSAGES))?;
    let records = (0..).zip(marks).map(|(partition, _)| OutRecord { partition: Some(partition), ..record.clone() });
    bus.publish_all(records.collect()).await.map(drop).map_err(|error| error.to_string())
}

async fn lane(bus: Arc<dyn Bus>, queue: Arc<Queue>, seen: Seen, behind: mpsc::UnboundedSender<Behind>) {
    while let Some(items) = queue.take(BATCH).await {
        let (mut batch, mut heard) = (Vec::with_capacity(items.len()), Vec::new());
        for item in items {
            match item {
                Item::Said(event) => batch.push(*event),
                Item::Ask(lookup, traceparent) => batch.extend(lookup.await.map(|event| traced(event, &traceparent))),
                Item::Heard { guild, channel, message } => heard.push((guild, channel, message)),
                Item::Overflow(overflow) => {
                    let traceparent = overflow.traceparent.clone();
                    let (events, edited) = overflow.told();
                    batch.extend(events.into_iter().map(|event| traced(event, &traceparent)));
                    // Nobody listens only when the process ends.
                    edited.into_iter().for_each(|edited| drop(behind.send(Behind::Edited(edited))));
                }
                Item::Barrier(reached) => {
                    publish(bus.as_ref(), std::mem::take(&mut batch), &seen).await;
                    let _ = reached.send(());
                }
            }
        }
        publish(bus.as_ref(), batch, &seen).await;
        heard.into_iter().for_each(|(guild, channel, message)| seen.heard(guild, channel, message));
        if queue.has_room_again() {
            let _ = behind.send(Behind::CaughtUp);
        }
    }
}

/// Publishes what somebody waits for, tried until then.
pub(crate) async fn publish_until<E: Event>(bus: &dyn Bus, event: E, until: Instant) -> Result<(), String> {
    let record =
        Envelope::new(event, SOURCE).caused_by(trace::current()).encode().map_err(|error| error.to_string())?;
    let mut delays = retries();
    loop {
        let error = match tokio::time::timeout_at(until, bus.publish(record.clone())).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return Err("the bus did not take it in time".to_owned()),
        };
        let delay = delays.next().unwrap_or_default();
        if error.class() == Class::Permanent || Instant::now() + delay >= until {
            return Err(error.to_string());
        }
        tokio::time::sleep(delay).await;
    }
}

/// Publishes in order, until the bus has taken everything that it will ever take.
async fn publish(bus: &dyn Bus, events: Vec<Traced>, seen: &Seen) {
    publish_all(bus, &events).await;
    events.iter().for_each(|event| seen.published(&event.event));
}

async fn publish_all(bus: &dyn Bus, events: &[Traced]) {
    let records: Vec<OutRecord> = events
        .iter()
        .filter_map(|event| {
            let encoded = event.encode();
            encoded.inspect_err(|error| tracing::error!(%error, "an event cannot be written as JSON")).ok()
        })
        .collect();
    let mut delays = delays();
    while !records.is_empty() {
        match bus.publish_all(records.clone()).await {
            Ok(_) => return,
            // One of them is at fault: all others still go, in order.
            Err(error) if error.class() == Class::Permanent => {
                for record in records {
                    publish_one(bus, record).await;
                }
                return;
            }
            Err(error) => wait(&mut delays, &error).await,
        }
    }
}

async fn publish_one(bus: &dyn Bus, record: OutRecord) {
    let mut delays = delays();
    loop {
        match bus.publish(record.clone()).await {
            Ok(_) => return,
            Err(error) if error.class() == Class::Permanent => {
                tracing::error!(%error, "an event can never be published");
                return;
            }
            Err(error) => wait(&mut delays, &error).await,
        }
    }
}

fn delays() -> impl Iterator<Item = Duration> {
    let backoff = ExponentialBuilder::default().with_min_delay(Duration::from_millis(100)).with_jitter();
    backoff.with_max_delay(Duration::from_secs(15)).without_max_times().build()
}

async fn wait(delays: &mut impl Iterator<Item = Duration>, error: &(dyn std::fmt::Display + Sync)) {
    let delay = delays.next().unwrap_or(Duration::from_secs(15));
    tracing::warn!(%error, "events wait for the bus");
    tokio::time::sleep(delay).await;
}
