//! Discord's events onto the bus: in order within a channel, retried until the bus takes them, without making the
//! gateway wait. Channels are spread over a fixed number of lanes, each a queue with one task.
//!
//! While the bus is away for long, a lane's queue fills. Then it leaves new messages out, which Discord keeps: they are
//! fetched when there is room again ([`AfterOverflow::CaughtUp`]). Until then their channel's checkpoint
//! ([`checkpoints`]) stays before them, and later messages of the channel are left out, too, so that none overtakes
//! another. Edits and deletions are never left out.

mod checkpoints;
mod known;
mod overflow;
mod queue;
mod removals;
#[cfg(test)]
mod tests;

use crate::discord::{
    ids::EventId,
    model::{GuildId, Message},
    retry::{is_passing, until},
};
use backon::Retryable;
pub(crate) use checkpoints::{Checkpoints, PendingGuard};
pub(crate) use overflow::EditedMessages;
use overflow::Overflow;
use queue::Queue;
pub(crate) use removals::{PendingRemoval, Removals};
use rtfm_shared::{
    bus::{Bus, OutRecord, topics},
    event::{ChatMessage, Envelope, Event, MessageEvent},
    resilience::Backoff,
    telemetry::trace,
};
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

/// The logical source of everything that the bot publishes.
pub(crate) const SOURCE: &str = "rtfm/bot";

const LANES: usize = 16;
const BATCH: usize = 64;
/// Reports that wait for the intake; a lane waits where they are full, and its queue fills meanwhile.
const REPORTS: usize = 64;
/// Between two tries while the bus is away.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// An event that must be looked up first, in its turn; none when there is nothing to publish after all.
pub(crate) type Lookup = Pin<Box<dyn Future<Output = Option<MessageEvent>> + Send>>;

type Traced = Envelope<MessageEvent>;

enum QueueItem {
    Publish(Box<Traced>),
    /// With the trace context of what is found.
    Lookup(Lookup, String),
    /// A message that is not published, in its turn.
    Skip {
        guild: Option<u64>,
        channel: u64,
        message: u64,
    },
    /// What did not fit.
    Overflow(Box<Overflow>),
    /// Everything before this is published when the sender is used.
    Barrier(oneshot::Sender<()>),
}

/// What the intake does after a queue was full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterOverflow {
    /// There is room again, and messages were left out.
    CaughtUp,
    /// These messages were edited and must be read again.
    Edited(EditedMessages),
}

/// The way onto `discord-messages`.
pub(crate) struct Publisher {
    bus: Arc<dyn Bus>,
    checkpoints: Checkpoints,
    lanes: Vec<Arc<Queue>>,
    tasks: JoinSet<()>,
}

impl Publisher {
    /// Starts the lanes, in each of which so many events wait in full. The second value reports full queues.
    pub(crate) fn start(
        bus: Arc<dyn Bus>,
        checkpoints: &Checkpoints,
        waiting: usize,
    ) -> (Self, mpsc::Receiver<AfterOverflow>) {
        let mut tasks = JoinSet::new();
        let (report, reports) = mpsc::channel(REPORTS);
        let lanes = (0..LANES)
            .map(|_| {
                let queue = Arc::new(Queue::new(waiting));
                tasks.spawn(lane(bus.clone(), queue.clone(), checkpoints.clone(), report.clone()));
                queue
            })
            .collect();
        (Self { bus, checkpoints: checkpoints.clone(), lanes, tasks }, reports)
    }

    /// Publishes an event after the earlier ones of its channel, as a step of its trace. False when it is left out of a
    /// full queue, which happens to new messages only.
    pub(crate) fn publish(&mut self, event: MessageEvent, traceparent: &str) -> bool {
        if event.is_for_every_partition() {
            self.publish_everywhere(traced(event, traceparent), None);
            return true;
        }
        let Some(lane) = self.lane(&event.key()) else { return false };
        if let MessageEvent::Created(message) = &event
            && self.leaves_out(message, lane)
        {
            metrics::counter!("rtfm_discord_events_dropped_total").increment(1);
            return false;
        }
        if lane.has_room() {
            lane.push(QueueItem::Publish(Box::new(traced(event, traceparent))));
            return true;
        }
        lane.overflow(|overflow| overflow.keep(&event, traceparent))
    }

    /// Whether a new message is left out, because the queue is full or because earlier messages of its channel are yet
    /// to be fetched.
    fn leaves_out(&self, message: &ChatMessage, lane: &Queue) -> bool {
        let (Some(channel), Some(id)) = (message.channel_id.number(), message.message_id.number()) else {
            return false;
        };
        if self.checkpoints.lost_if_behind(channel, id) {
            return true;
        }
        let is_refused = lane.refuses();
        if is_refused {
            self.checkpoints.lost(message.guild_id.as_ref().and_then(EventId::number), channel, id);
        }
        is_refused
    }

    /// Publishes a fetched message, also into a full queue: its reader fetches no more until it is published.
    pub(crate) fn publish_fetched(&mut self, event: MessageEvent, traceparent: &str) {
        if let Some(lane) = self.lane(&event.key()) {
            lane.push(QueueItem::Publish(Box::new(traced(event, traceparent))));
        }
    }

    /// Publishes an event on every partition, and uses `done` when it is on all of them.
    pub(crate) fn publish_and_notify(&mut self, event: MessageEvent, traceparent: &str, done: oneshot::Sender<()>) {
        self.publish_everywhere(traced(event, traceparent), Some(done));
    }

    /// Publishes what a lookup finds, in the channel's order. A full queue makes another lookup later.
    pub(crate) fn publish_lookup(&self, edited: (Option<u64>, u64, u64), lookup: Lookup, traceparent: &str) {
        let (guild, channel, message) = edited;
        let Some(lane) = self.lane(&channel.to_string()) else { return };
        if lane.has_room() {
            lane.push(QueueItem::Lookup(lookup, traceparent.to_owned()));
        } else {
            lane.overflow(|overflow| overflow.edited(guild, channel, message, traceparent));
        }
    }

    /// Moves the checkpoint past a message that is not published.
    pub(crate) fn skip(&self, message: &Message, guild: Option<GuildId>) {
        let (guild, channel, id) = (guild.map(GuildId::get), message.channel_id.get(), message.id.get());
        // With a full queue the checkpoint stays, and the message is read again later.
        if let Some(lane) = self.lane(&channel.to_string()).filter(|lane| lane.has_room()) {
            lane.push(QueueItem::Skip { guild, channel, message: id });
        }
    }

    /// Uses `reached` when everything before in a channel is published.
    pub(crate) fn notify_when_published(&self, channel: &str, reached: oneshot::Sender<()>) {
        if let Some(lane) = self.lane(channel) {
            lane.push(QueueItem::Barrier(reached));
        }
    }

    fn lane(&self, key: &str) -> Option<&Arc<Queue>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.lanes.get(usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default())
    }

    /// To every partition, after everything that waits now, since it concerns all of it.
    fn publish_everywhere(&mut self, event: Traced, done: Option<oneshot::Sender<()>>) {
        let barriers: Vec<_> = self
            .lanes
            .iter()
            .map(|lane| {
                let (reached, barrier) = oneshot::channel();
                lane.push(QueueItem::Barrier(reached));
                barrier
            })
            .collect();
        let bus = self.bus.clone();
        self.tasks.spawn(async move {
            futures::future::join_all(barriers).await;
            let published =
                (|| on_every_partition(bus.as_ref(), &event)).retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY));
            // Without a condition it is retried until it succeeds; the receiver may be gone by then.
            if published.notify(|error, _| waiting(error)).await.is_ok() {
                done.map(|done| done.send(()));
            }
        });
    }

    /// Publishes what waits, until the deadline; returns whether all of it is published.
    pub(crate) async fn flush(mut self, deadline: Duration) -> bool {
        self.lanes.iter().for_each(|lane| lane.close());
        let deadline = Instant::now() + deadline;
        while !self.tasks.is_empty() {
            if tokio::time::timeout_at(deadline, self.tasks.join_next()).await.is_err() {
                tracing::error!("failed to publish all events before the deadline, the rest is lost");
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

async fn lane(bus: Arc<dyn Bus>, queue: Arc<Queue>, checkpoints: Checkpoints, reports: mpsc::Sender<AfterOverflow>) {
    while let Some(items) = queue.take(BATCH).await {
        let (mut batch, mut skipped) = (Vec::with_capacity(items.len()), Vec::new());
        for item in items {
            match item {
                QueueItem::Publish(event) => batch.push(*event),
                QueueItem::Lookup(lookup, traceparent) => {
                    batch.extend(lookup.await.map(|event| traced(event, &traceparent)))
                }
                QueueItem::Skip { guild, channel, message } => skipped.push((guild, channel, message)),
                QueueItem::Overflow(overflow) => {
                    let traceparent = overflow.traceparent.clone();
                    let (events, edited) = overflow.into_events();
                    batch.extend(events.into_iter().map(|event| traced(event, &traceparent)));
                    for edited in edited {
                        // The receiver is gone only when the process ends.
                        let _ = reports.send(AfterOverflow::Edited(edited)).await;
                    }
                }
                QueueItem::Barrier(reached) => {
                    publish_batch(bus.as_ref(), std::mem::take(&mut batch), &checkpoints).await;
                    let _ = reached.send(());
                }
            }
        }
        publish_batch(bus.as_ref(), batch, &checkpoints).await;
        skipped.into_iter().for_each(|(guild, channel, message)| checkpoints.advance(guild, channel, message));
        if queue.has_room_again() {
            let _ = reports.send(AfterOverflow::CaughtUp).await;
        }
    }
}

/// Publishes an event that a person waits for, retried until the deadline.
pub(crate) async fn publish_until<E: Event>(bus: &dyn Bus, event: E, deadline: Instant) -> Result<(), String> {
    let record =
        Envelope::new(event, SOURCE).caused_by(trace::current()).encode().map_err(|error| error.to_string())?;
    let published = (|| bus.publish(record.clone())).retry(until(deadline)).when(is_passing);
    match tokio::time::timeout_at(deadline, published).await {
        Ok(published) => published.map(drop).map_err(|error| error.to_string()),
        Err(_) => Err("the bus did not take it in time".to_owned()),
    }
}

/// Publishes in order, until the bus has taken everything that it will ever take, and moves the checkpoints.
async fn publish_batch(bus: &dyn Bus, events: Vec<Traced>, checkpoints: &Checkpoints) {
    publish_all(bus, &events).await;
    events.iter().for_each(|event| checkpoints.published(&event.event));
}

async fn publish_all(bus: &dyn Bus, events: &[Traced]) {
    let records: Vec<OutRecord> = events
        .iter()
        .filter_map(|event| {
            let encoded = event.encode();
            encoded.inspect_err(|error| tracing::error!(%error, "failed to encode an event")).ok()
        })
        .collect();
    if records.is_empty() {
        return;
    }
    let published =
        (|| bus.publish_all(records.clone())).retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY)).when(is_passing);
    if published.notify(|error, _| waiting(error)).await.is_err() {
        // One of them is at fault: the others still go, in order.
        for record in records {
            publish_one(bus, record).await;
        }
    }
}

async fn publish_one(bus: &dyn Bus, record: OutRecord) {
    let published = (|| bus.publish(record.clone())).retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY)).when(is_passing);
    if let Err(error) = published.notify(|error, _| waiting(error)).await {
        tracing::error!(%error, "failed to publish an event for good");
    }
}

fn waiting(error: &impl std::fmt::Display) {
    tracing::warn!(%error, "failed to publish events, retrying");
}
