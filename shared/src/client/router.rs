//! The one subscription behind all questions of a client: a task that hears answers and glimpses and hands each to
//! whoever waits for it. After a fault of the consumer it subscribes anew and reads what was said meanwhile from
//! the log itself, so that no answer falls between two subscriptions.

use super::{ClientError, pending::Pending};
use crate::{
    bus::{Bus, BusError, Consumer, ConsumerEvent, Record, StartAt, Subscription, TopicPartition, topics},
    event::{Envelope, Progress, Response},
    resilience::Backoff,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::AbortHandle;

const TOPICS: [&str; 2] = [topics::RESPONSES, topics::PROGRESS];
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// Records read at once of what was said between two subscriptions.
const PART: usize = 500;

/// The way to the task. It ends with the last of these.
#[derive(Clone, Debug)]
pub(super) struct Router {
    pending: Pending,
    task: Arc<Task>,
}

#[derive(Debug)]
struct Task {
    handle: AbortHandle,
    ended: Arc<Mutex<String>>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

impl Router {
    /// Subscribes; whatever is said from now on is heard.
    pub(super) async fn start(bus: Arc<dyn Bus>) -> Result<Self, ClientError> {
        // Before the subscription, so that the two overlap rather than leave a gap.
        let heard = ends(&*bus).await?;
        let consumer = subscribe(&*bus).await?;
        let (pending, ended) = (Pending::default(), Arc::<Mutex<String>>::default());
        let listener = Listener { bus, pending: pending.clone(), heard };
        let why = ended.clone();
        let task = tokio::spawn(async move {
            let pending = listener.pending.clone();
            let Err(error) = listener.listen(consumer).await;
            tracing::error!(%error, "answers are not heard any more");
            *why.lock().unwrap_or_else(PoisonError::into_inner) = error.to_string();
            pending.dismiss();
        });
        Ok(Self { pending, task: Arc::new(Task { handle: task.abort_handle(), ended }) })
    }

    /// Who waits for what.
    pub(super) fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Whether it still listens.
    pub(super) fn runs(&self) -> bool {
        !self.task.handle.is_finished() && self.why_it_ended().is_empty()
    }

    /// What ended it; empty while it runs.
    pub(super) fn why_it_ended(&self) -> String {
        self.task.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Listener {
    bus: Arc<dyn Bus>,
    pending: Pending,
    /// Per partition the first offset that was not heard.
    heard: BTreeMap<TopicPartition, i64>,
}

impl Listener {
    /// Listens for ever; returns only when somebody must mend the bus.
    async fn listen(mut self, mut consumer: Box<dyn Consumer>) -> Result<std::convert::Infallible, BusError> {
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match consumer.next().await {
                Ok(ConsumerEvent::Record(record)) => {
                    delays.reset();
                    self.hear(&record);
                }
                Ok(_) => {}
                Err(error @ BusError::Fatal(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "the consumer of answers failed: subscribing anew");
                    consumer = self.again(&mut delays).await?;
                }
            }
        }
    }

    /// A new subscription, tried until there is one, after what was missed has been heard.
    async fn again(&mut self, delays: &mut Backoff) -> Result<Box<dyn Consumer>, BusError> {
        loop {
            tokio::time::sleep(delays.next_delay()).await;
            let subscribed = async {
                let consumer = subscribe(&*self.bus).await?;
                self.catch_up().await?;
                Ok(consumer)
            };
            match subscribed.await {
                Err(error @ BusError::Fatal(_)) => return Err(error),
                Err(error) => tracing::warn!(%error, "cannot subscribe to answers: trying again"),
                done => return done,
            }
        }
    }

    /// Reads from the log what was said since it was last heard, up to the ends as they are now.
    async fn catch_up(&mut self) -> Result<(), BusError> {
        for (at, end) in ends(&*self.bus).await? {
            loop {
                let from = self.heard.get(&at).copied().unwrap_or(0);
                let records = if from < end { self.bus.read(&at, from, PART).await? } else { Vec::new() };
                if records.is_empty() {
                    break;
                }
                records.iter().for_each(|record| self.hear(record));
            }
        }
        Ok(())
    }

    fn hear(&mut self, record: &Record) {
        let next = self.heard.entry(record.at.clone()).or_insert(0);
        *next = (*next).max(record.offset + 1);
        if self.pending.is_empty() {
            return;
        }
        let read = if *record.at.topic == *topics::RESPONSES {
            Envelope::<Response>::decode(record).map(|response| self.pending.answered(response.event))
        } else {
            Envelope::<Progress>::decode(record).map(|progress| self.pending.glimpsed(progress.event))
        };
        if let Err(error) = read {
            tracing::debug!(%error, at = %record.at, offset = record.offset, "a record cannot be read");
        }
    }
}

async fn subscribe(bus: &dyn Bus) -> Result<Box<dyn Consumer>, BusError> {
    let topics = TOPICS.map(str::to_owned).to_vec();
    bus.subscribe(Subscription { topics, group: None, start: StartAt::Latest }).await
}

/// The end of every partition as it is now.
async fn ends(bus: &dyn Bus) -> Result<BTreeMap<TopicPartition, i64>, BusError> {
    let mut ends = BTreeMap::new();
    for (name, marks) in TOPICS.iter().zip(bus.watermarks(&TOPICS).await?) {
        let marks = marks.ok_or_else(|| BusError::UnknownTopic((*name).to_owned()))?;
        ends.extend((0..).zip(marks).map(|(n, (_, end))| (TopicPartition::new(*name, n), end)));
    }
    Ok(ends)
}
