//! A lone reader of whole topics that lives through faults of the bus: after one it subscribes anew and reads what
//! was said meanwhile from the log itself, so that nothing falls between two subscriptions and nothing is next_offsets twice.

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
    /// Per partition the first offset that was not next_offsets.
    next_offsets: BTreeMap<TopicPartition, i64>,
}

impl Tail {
    /// Whatever is said from now on is next_offsets.
    pub(crate) async fn from_end(bus: Arc<dyn Bus>, topics: &'static [&'static str]) -> Result<Self, BusError> {
        // Before the subscription, so that the two overlap rather than leave a gap.
        let next_offsets = ends(&*bus, topics).await?;
        let consumer = subscribe(&*bus, topics).await?;
        Ok(Self { bus, topics, consumer, next_offsets })
    }

    async fn read_all(
        bus: Arc<dyn Bus>,
        topics: &'static [&'static str],
        receive: &mut (impl FnMut(&Record) + Send),
    ) -> Result<Self, BusError> {
        let consumer = subscribe(&*bus, topics).await?;
        let mut tail = Self { bus, topics, consumer, next_offsets: BTreeMap::new() };
        tail.catch_up(receive).await?;
        Ok(tail)
    }

    /// Passes every record of the topics to `receive`, then returns a reader of what follows. Repeated until the topics
    /// can be read; the error is [`BusError::Fatal`].
    pub(crate) async fn from_beginning(
        bus: &Arc<dyn Bus>,
        topics: &'static [&'static str],
        receive: &mut (impl FnMut(&Record) + Send),
    ) -> Result<Self, BusError> {
        let mut delays = Backoff::new(FIRST_DELAY * 2, LONGEST_DELAY);
        loop {
            match Self::read_all(bus.clone(), topics, receive).await {
                Err(error) => wait_out(error, topics, &mut delays).await?,
                read => return read,
            }
        }
    }

    /// Listens for ever; returns only when somebody must mend the bus.
    pub(crate) async fn listen(mut self, mut receive: impl FnMut(&Record) + Send) -> BusError {
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        loop {
            match self.consumer.next().await {
                Ok(ConsumerEvent::Record(record)) => {
                    delays.reset();
                    self.deliver(&record, &mut receive);
                }
                Ok(_) => {}
                Err(error) => {
                    if let Err(error) = self.resume(error, &mut delays, &mut receive).await {
                        return error;
                    }
                }
            }
        }
    }

    /// Subscribes anew after an error and catches up, repeated until both succeed.
    async fn resume(
        &mut self,
        mut error: BusError,
        delays: &mut Backoff,
        receive: &mut (impl FnMut(&Record) + Send),
    ) -> Result<(), BusError> {
        loop {
            wait_out(error, self.topics, delays).await?;
            let resumed = async {
                self.consumer = subscribe(&*self.bus, self.topics).await?;
                self.catch_up(receive).await
            };
            match resumed.await {
                Err(again) => error = again,
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Reads from the log what was said since it was last next_offsets, up to the ends as they are now.
    async fn catch_up(&mut self, receive: &mut (impl FnMut(&Record) + Send)) -> Result<(), BusError> {
        for (at, end) in ends(&*self.bus, self.topics).await? {
            // The topic was deleted and made anew.
            if self.next_offsets.get(&at).is_some_and(|next| *next > end) {
                self.next_offsets.remove(&at);
            }
            loop {
                let from = self.next_offsets.get(&at).copied().unwrap_or(0);
                let records = if from < end { self.bus.read(&at, from, PART).await? } else { Vec::new() };
                if records.is_empty() {
                    break;
                }
                records.iter().for_each(|record| self.deliver(record, receive));
            }
        }
        Ok(())
    }

    fn deliver(&mut self, record: &Record, receive: &mut impl FnMut(&Record)) {
        let next = self.next_offsets.entry(record.at.clone()).or_insert(0);
        if record.offset >= *next {
            *next = record.offset + 1;
            receive(record);
        }
    }
}

/// Waits after an error that may pass by itself; any other is returned.
async fn wait_out(error: BusError, topics: &[&str], delays: &mut Backoff) -> Result<(), BusError> {
    if let BusError::Fatal(_) = error {
        return Err(error);
    }
    let delay = delays.next_delay();
    tracing::warn!(%error, ?topics, ?delay, "failed to read topics, retrying");
    tokio::time::sleep(delay).await;
    Ok(())
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
