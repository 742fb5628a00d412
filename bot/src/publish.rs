//! What happened on Discord, onto the bus: in order within a channel, tried until the bus takes it,
//! without ever making the gateway wait. Channels are spread over a fixed number of lanes, each a bounded
//! queue with one task.

use crate::{history::Seen, rest::retries};
use backon::{BackoffBuilder, ExponentialBuilder};
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
/// Events that wait per lane while the bus is away: some hours of a busy server.
const WAITING: usize = 8192;
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
    /// Everything before this is published when the sender is used.
    Barrier(oneshot::Sender<()>),
}

/// The way onto `discord-messages`.
pub(crate) struct Publisher {
    bus: Arc<dyn Bus>,
    lanes: Vec<mpsc::Sender<Item>>,
    tasks: JoinSet<()>,
}

impl Publisher {
    /// Starts the lanes.
    pub(crate) fn start(bus: Arc<dyn Bus>, seen: &Seen) -> Self {
        let mut tasks = JoinSet::new();
        let lanes = (0..LANES)
            .map(|_| {
                let (sender, receiver) = mpsc::channel(WAITING);
                tasks.spawn(lane(bus.clone(), receiver, seen.clone()));
                sender
            })
            .collect();
        Self { bus, lanes, tasks }
    }

    /// Publishes an event after everything that was said in its channel before, as a step of its trace.
    /// False when it is lost, because too much is waiting already.
    pub(crate) fn say(&mut self, event: MessageEvent, traceparent: &str) -> bool {
        let (key, everywhere) = (event.key(), event.is_for_every_partition());
        let event = traced(event, traceparent);
        if everywhere {
            self.say_everywhere(event, None);
            true
        } else {
            self.send(&key, Item::Said(Box::new(event)))
        }
    }

    /// Publishes an event that concerns every partition, and tells when it is on all of them.
    pub(crate) fn say_and_tell(&mut self, event: MessageEvent, traceparent: &str, told: oneshot::Sender<()>) {
        self.say_everywhere(traced(event, traceparent), Some(told));
    }

    /// Publishes what a lookup finds, in the channel's order.
    pub(crate) fn say_after(&self, channel: &str, lookup: Lookup, traceparent: &str) {
        self.send(channel, Item::Ask(lookup, traceparent.to_owned()));
    }

    /// A message is heard that is not published: what comes after it is not missed for its sake.
    pub(crate) fn pass(&self, message: &Message, guild: Option<GuildId>) {
        let (guild, channel, id) = (guild.map(GuildId::get), message.channel_id.get(), message.id.get());
        // Where there is no room it is heard again another time.
        let _ = self.send(&channel.to_string(), Item::Heard { guild, channel, message: id });
    }

    /// Tells when everything that was said in a channel before is published.
    pub(crate) fn tell_when_published(&self, channel: &str, reached: oneshot::Sender<()>) {
        self.send(channel, Item::Barrier(reached));
    }

    fn send(&self, key: &str, item: Item) -> bool {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default();
        let is_taken = self.lanes.get(lane).is_some_and(|lane| lane.try_send(item).is_ok());
        if !is_taken {
            metrics::counter!("rtfm_discord_events_dropped_total").increment(1);
            tracing::error!(
                channel = key,
                "an event is lost: the bus has been away for too long and the queue is full"
            );
        }
        is_taken
    }

    /// To every partition, and after everything that is waiting now, since it concerns all of it.
    fn say_everywhere(&mut self, event: Traced, told: Option<oneshot::Sender<()>>) {
        let barriers: Vec<_> = self
            .lanes
            .iter()
            .map(|lane| {
                let (reached, barrier) = oneshot::channel();
                let lane = lane.clone();
                async move {
                    let _ = lane.send(Item::Barrier(reached)).await;
                    let _ = barrier.await;
                }
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
        self.lanes.clear();
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

async fn lane(bus: Arc<dyn Bus>, mut items: mpsc::Receiver<Item>, seen: Seen) {
    let mut waiting = Vec::with_capacity(BATCH);
    while items.recv_many(&mut waiting, BATCH).await > 0 {
        let (mut batch, mut heard) = (Vec::with_capacity(waiting.len()), Vec::new());
        for item in waiting.drain(..) {
            match item {
                Item::Said(event) => batch.push(*event),
                Item::Ask(lookup, traceparent) => batch.extend(lookup.await.map(|event| traced(event, &traceparent))),
                Item::Heard { guild, channel, message } => heard.push((guild, channel, message)),
                Item::Barrier(reached) => {
                    publish(bus.as_ref(), std::mem::take(&mut batch), &seen).await;
                    let _ = reached.send(());
                }
            }
        }
        publish(bus.as_ref(), batch, &seen).await;
        heard.into_iter().for_each(|(guild, channel, message)| seen.heard(guild, channel, message));
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
