//! Dead letters for operators: list, replay and drop them.
//!
//! A log cannot delete a record from its middle. A note at its end therefore marks a letter as settled, durably, and
//! hides it; once all letters up to an offset are settled, that part of the log is deleted.

mod letter;
mod original;
mod settlement;

use crate::{
    bus::{Bus, BusError, OutRecord, Record, TopicPartition, topics::dead_letter_topic},
    resilience::{Class, Classify},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use letter::{InvalidLetterId, Letter, LetterId};
pub use settlement::Settlement;

const PART: usize = 500;
/// Letters replayed before they are noted as settled; a crash in between replays them again.
const WINDOW: usize = 100;

/// The dead letters of a bus.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    bus: Arc<dyn Bus>,
}

/// The result of a replay.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Letters that are on their topics again.
    pub replayed: usize,
    /// Letters left because only their beginnings were kept.
    pub cut: usize,
    /// Letters that their topics refuse, with the error; they stay.
    pub refused: Vec<(LetterId, BusError)>,
}

#[derive(Debug, Default)]
struct PartitionScan {
    letters: Vec<Letter>,
    settled: BTreeMap<i64, Settlement>,
    end: i64,
}

impl DeadLetters {
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus }
    }

    /// The unsettled letters of a topic (the origin's name), oldest first; empty without a dead-letter topic.
    pub async fn unsettled(&self, topic: &str) -> Result<Vec<Letter>, BusError> {
        let mut all = Vec::new();
        for at in self.partitions(topic).await? {
            let PartitionScan { letters, settled, .. } = self.scan(&at).await?;
            all.extend(letters.into_iter().filter(|letter| !settled.contains_key(&letter.id.offset)));
        }
        Ok(all)
    }

    /// A letter, its record, and its settlement if any; `None` when it does not exist.
    pub async fn find(&self, id: &LetterId) -> Result<Option<(Letter, Record, Option<Settlement>)>, BusError> {
        let at = id.location();
        let found = match self.bus.read(&at, id.offset, 1).await {
            Err(BusError::UnknownTopic(_) | BusError::UnknownPartition { .. }) => return Ok(None),
            found => found?,
        };
        let Some(record) = found.into_iter().find(|record| record.offset == id.offset) else { return Ok(None) };
        let Some(letter) = Letter::read(&record) else { return Ok(None) };
        let settled = self.scan(&at).await?.settled.remove(&id.offset);
        Ok(Some((letter, record, settled)))
    }

    /// Publishes letters on their topics again, unchanged except for [`crate::worker::dead_letter::header::REPLAYS`],
    /// in the order of their partitions. A letter is settled once it is durable on its topic; a crash in between
    /// delivers it twice and loses none.
    pub async fn replay(&self, letters: Vec<Letter>) -> Result<Replayed, BusError> {
        let (cut, whole): (Vec<_>, Vec<_>) = letters.into_iter().partition(|letter| letter.cut.is_some());
        let mut outcome = Replayed { cut: cut.len(), ..Replayed::default() };
        for (at, mut letters) in by_partition(whole) {
            letters.sort_by_key(|letter| (letter.topic.clone(), letter.partition, letter.offset, letter.id.offset));
            for window in letters.chunks(WINDOW) {
                self.replay_window(&at, window, &mut outcome).await?;
            }
            self.truncate(&at).await?;
        }
        Ok(outcome)
    }

    /// Settles letters without replaying them. Returns their number.
    pub async fn discard(&self, letters: Vec<Letter>) -> Result<usize, BusError> {
        let mut count = 0;
        for (at, letters) in by_partition(letters) {
            count += letters.len();
            self.settle(&at, letters.iter().map(|letter| letter.id.offset), Settlement::Dropped).await?;
            self.truncate(&at).await?;
        }
        Ok(count)
    }

    async fn replay_window(
        &self,
        at: &TopicPartition,
        window: &[Letter],
        outcome: &mut Replayed,
    ) -> Result<(), BusError> {
        let mut records = self.fetch(at, window.iter().map(|letter| letter.id.offset).collect()).await?;
        // Expired meanwhile, or settled and deleted by another process.
        let there: Vec<_> = window
            .iter()
            .filter_map(|letter| Some((letter, original::of(letter, &records.remove(&letter.id.offset)?))))
            .collect();
        let mut done = Vec::new();
        match self.bus.publish_all(there.iter().map(|(_, record)| record.clone()).collect()).await {
            Ok(_) => done.extend(there.iter().map(|(letter, _)| letter.id.offset)),
            // One record is refused or its partition is gone: publish each alone, in order.
            Err(error) if concerns_single_record(&error) => {
                for (letter, record) in there {
                    match self.publish(record).await {
                        Ok(()) => done.push(letter.id.offset),
                        Err(error) if concerns_single_record(&error) => {
                            outcome.refused.push((letter.id.clone(), error))
                        }
                        Err(error) => {
                            self.settle(at, done, Settlement::Replayed).await?;
                            return Err(error);
                        }
                    }
                }
            }
            Err(error) => return Err(error),
        }
        outcome.replayed += done.len();
        self.settle(at, done, Settlement::Replayed).await
    }

    /// Publishes a record; without its partition the key chooses another.
    async fn publish(&self, record: OutRecord) -> Result<(), BusError> {
        match self.bus.publish(record.clone()).await {
            Err(BusError::UnknownPartition { .. }) => {
                self.bus.publish(OutRecord { partition: None, ..record }).await.map(drop)
            }
            done => done.map(drop),
        }
    }

    async fn settle(
        &self,
        at: &TopicPartition,
        offsets: impl IntoIterator<Item = i64>,
        how: Settlement,
    ) -> Result<(), BusError> {
        let notes: Vec<_> = offsets.into_iter().map(|offset| settlement::note(at, offset, how)).collect();
        self.bus.publish_all(notes).await.map(drop)
    }

    /// Deletes the log before the oldest unsettled letter. A note lies behind its letter, so a deleted note's letter is
    /// deleted too.
    async fn truncate(&self, at: &TopicPartition) -> Result<(), BusError> {
        let PartitionScan { letters, settled, end } = self.scan(at).await?;
        let oldest = letters.iter().map(|letter| letter.id.offset).find(|offset| !settled.contains_key(offset));
        self.bus.delete_records(at, oldest.unwrap_or(end)).await
    }

    /// Reads a whole partition, keeping metadata only.
    async fn scan(&self, at: &TopicPartition) -> Result<PartitionScan, BusError> {
        let mut scan = PartitionScan::default();
        loop {
            let records = self.bus.read(at, scan.end, PART).await?;
            let Some(last) = records.last() else { return Ok(scan) };
            scan.end = last.offset + 1;
            for record in &records {
                match (settlement::read(record), Letter::read(record)) {
                    (Some((offset, how)), _) => drop(scan.settled.insert(offset, how)),
                    (None, Some(letter)) => scan.letters.push(letter),
                    (None, None) => {}
                }
            }
        }
    }

    /// The records at these offsets, as far as they exist.
    async fn fetch(&self, at: &TopicPartition, mut wanted: BTreeSet<i64>) -> Result<BTreeMap<i64, Record>, BusError> {
        let mut found = BTreeMap::new();
        while let Some(from) = wanted.first().copied() {
            let records = self.bus.read(at, from, WINDOW).await?;
            let Some(last) = records.last() else { break };
            let next = last.offset + 1;
            found.extend(records.into_iter().filter(|record| wanted.contains(&record.offset)).map(|r| (r.offset, r)));
            wanted = wanted.split_off(&next);
        }
        Ok(found)
    }

    async fn partitions(&self, topic: &str) -> Result<Vec<TopicPartition>, BusError> {
        let name = dead_letter_topic(topic);
        let marks = self.bus.watermarks(&[&name]).await?.into_iter().flatten().next().unwrap_or_default();
        Ok((0..).zip(marks).map(|(n, _)| TopicPartition::new(name.as_str(), n)).collect())
    }
}

/// Whether an error concerns one record, so that others may succeed.
fn concerns_single_record(error: &BusError) -> bool {
    error.class() == Class::Permanent || matches!(error, BusError::UnknownPartition { .. } | BusError::UnknownTopic(_))
}

fn by_partition(letters: Vec<Letter>) -> BTreeMap<TopicPartition, Vec<Letter>> {
    letters.into_iter().fold(BTreeMap::new(), |mut all: BTreeMap<_, Vec<Letter>>, letter| {
        all.entry(letter.id.location()).or_default().push(letter);
        all
    })
}
