//! A lone reader of whole topics that survives bus failures: it subscribes again and reads the records between the two
//! subscriptions from the log, so that it misses none and delivers none twice.

use super::{Bus, BusError, Consumer, ConsumerEvent, Record, StartAt, Subscription, TopicPartition};
use crate::resilience::Backoff;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// Records read at once while catching up.
const PART: usize = 500;

/// A lone reader. It commits nothing.
pub(crate) struct Tail {
    bus: Arc<dyn Bus>,
    topics: &'static [&'static str],
    consumer: Box<dyn Consumer>,
    /// The first undelivered offset of each partition.
    next_offsets: BTreeMap<TopicPartition, i64>,
}

impl Tail {
    /// Reads everything published from now on.
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

    /// Passes every record of the topics to `receive`, then returns a reader of what follows. Retries until the topics
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

    /// Delivers records; returns only an error that needs a person.
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

    /// Subscribes again after an error and catches up, repeated until both succeed.
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

    /// Delivers the records between the last delivery and the current ends.
    async fn catch_up(&mut self, receive: &mut (impl FnMut(&Record) + Send)) -> Result<(), BusError> {
        for (at, end) in ends(&*self.bus, self.topics).await? {
            // The topic was deleted and created again.
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

/// Waits after a temporary error; returns any other.
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

/// The current end of every partition.
async fn ends(bus: &dyn Bus, topics: &[&str]) -> Result<BTreeMap<TopicPartition, i64>, BusError> {
    let mut ends = BTreeMap::new();
    for (name, marks) in topics.iter().zip(bus.watermarks(topics).await?) {
        let marks = marks.ok_or_else(|| BusError::UnknownTopic((*name).to_owned()))?;
        ends.extend((0..).zip(marks).map(|(n, (_, end))| (TopicPartition::new(*name, n), end)));
    }
    Ok(ends)
}
