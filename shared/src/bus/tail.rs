//! A lone reader of whole topics that lives through faults of the bus: after one it subscribes anew and reads what
//! was said meanwhile from the log itself, so that nothing falls between two subscriptions and nothing is heard twice.

use super::{Bus, BusError, Consumer, ConsumerEvent, Record, StartAt, Subscription, TopicPartition};
use crate::resilience::Backoff;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// Records read at once of what was said between two subscriptions.
const PART: usize = 500;

/// The reader. It belongs to no group and commits nothing.
pub(crate) struct Tail {
    bus: Arc<dyn Bus>,
    topics: &'static [&'static str],
    consumer: Box<dyn Consumer>,
    /// Per partition the first offset that was not heard.
    heard: BTreeMap<TopicPartition, i64>,
}

impl Tail {
    /// Whatever is said from now on is heard.
    pub(crate) async fn from_end(bus: Arc<dyn Bus>, topics: &'static [&'static str]) -> Result<Self, BusError> {
        // Before the subscription, so that the two overlap rather than leave a gap.
        let heard = ends(&*bus, topics).await?;
        let consumer = subscribe(&*bus, topics).await?;
        Ok(Self { bus, topics, consumer, heard })
    }

    /// Hears everything that the topics hold, then returns a reader of whatever comes after it.
    pub(crate) async fn from_beginning(
        bus: Arc<dyn Bus>,
        topics: &'static [&'static str],
        hear: &mut (impl FnMut(&Record) + Send),
    ) -> Result<Self, BusError> {
        let consumer = subscribe(&*bus, topics).await?;
        let mut tail = Self { bus, topics, consumer, heard: BTreeMap::new() };
        tail.catch_up(hear).await?;
        Ok(tail)
    }

    /// The same, tried until the topics can be read; `what` names in the log what waits for it. The error is one that
    /// somebody must mend.
    pub(crate) async fn from_beginning_at_last(
        bus: &Arc<dyn Bus>,
        topics: &'static [&'static str],
        what: &str,
        hear: &mut (impl FnMut(&Record) + Send),
    ) -> Result<Self, BusError> {
        let mut delays = Backoff::new(FIRST_DELAY * 2, LONGEST_DELAY);
        loop {
            match Self::from_beginning(bus.clone(), topics, hear).await {
                Err(error) if !matches!(error, BusError::Fatal(_)) => {
                    tracing::warn!(%error, "{what} cannot be read yet: trying again");
                }
                read => return read,
            }
            tokio::time::sleep(delays.next_delay()).await;
        }
    }

    /// Listens for ever; returns only when somebody must mend the bus.
    pub(crate) async fn listen(mut self, mut hear: impl FnMut(&Record) + Send) -> BusError {
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match self.consumer.next().await {
                Ok(ConsumerEvent::Record(record)) => {
                    delays.reset();
                    self.heard_anew(&record, &mut hear);
                }
                Ok(_) => {}
                Err(error @ BusError::Fatal(_)) => return error,
                Err(error) => {
                    tracing::warn!(%error, topics = ?self.topics, "a reader failed: subscribing anew");
                    if let Err(error) = self.again(&mut delays, &mut hear).await {
                        return error;
                    }
                }
            }
        }
    }

    /// A new subscription, tried until there is one, after what was missed has been heard.
    async fn again(&mut self, delays: &mut Backoff, hear: &mut (impl FnMut(&Record) + Send)) -> Result<(), BusError> {
        loop {
            tokio::time::sleep(delays.next_delay()).await;
            let subscribed = async {
                self.consumer = subscribe(&*self.bus, self.topics).await?;
                self.catch_up(hear).await
            };
            match subscribed.await {
                Err(error @ BusError::Fatal(_)) => return Err(error),
                Err(error) => tracing::warn!(%error, topics = ?self.topics, "cannot subscribe: trying again"),
                done => return done,
            }
        }
    }

    /// Reads from the log what was said since it was last heard, up to the ends as they are now.
    async fn catch_up(&mut self, hear: &mut (impl FnMut(&Record) + Send)) -> Result<(), BusError> {
        for (at, end) in ends(&*self.bus, self.topics).await? {
            // The topic was deleted and made anew.
            if self.heard.get(&at).is_some_and(|next| *next > end) {
                self.heard.remove(&at);
            }
            loop {
                let from = self.heard.get(&at).copied().unwrap_or(0);
                let records = if from < end { self.bus.read(&at, from, PART).await? } else { Vec::new() };
                if records.is_empty() {
                    break;
                }
                records.iter().for_each(|record| self.heard_anew(record, hear));
            }
        }
        Ok(())
    }

    fn heard_anew(&mut self, record: &Record, hear: &mut impl FnMut(&Record)) {
        let next = self.heard.entry(record.at.clone()).or_insert(0);
        if record.offset >= *next {
            *next = record.offset + 1;
            hear(record);
        }
    }
}

async fn subscribe(bus: &dyn Bus, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError> {
    let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
    bus.subscribe(Subscription { topics, group: None, start: StartAt::Latest }).await
}

/// The end of every partition as it is now.
async fn ends(bus: &dyn Bus, topics: &[&str]) -> Result<BTreeMap<TopicPartition, i64>, BusError> {
    let mut ends = BTreeMap::new();
    for (name, marks) in topics.iter().zip(bus.watermarks(topics).await?) {
        let marks = marks.ok_or_else(|| BusError::UnknownTopic((*name).to_owned()))?;
        ends.extend((0..).zip(marks).map(|(n, (_, end))| (TopicPartition::new(*name, n), end)));
    }
    Ok(ends)
}
