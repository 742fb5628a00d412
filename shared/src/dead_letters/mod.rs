//! What lies on the dead-letter topics, for whoever looks after it: listed, put back on its topic, or dropped.
//!
//! A log cannot lose a record from its middle. What was settled is therefore noted at the log's end, durably and
//! beside the letters themselves, and hidden from then on; when everything up to some offset is settled, that part
//! is deleted for good.

mod letter;
mod original;
mod settlement;

use crate::{
    bus::{Bus, BusError, OutRecord, Record, TopicPartition, topics::dead_letters_of},
    resilience::{Class, Classify},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use letter::{Letter, LetterId, NotAnId};
pub use settlement::Settled;

/// Records read at once.
const PART: usize = 500;
/// Letters that are put back before they are noted as settled: who is killed in between does these again.
const WINDOW: usize = 100;

/// The desk at which dead letters are looked after.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    bus: Arc<dyn Bus>,
}

/// What became of letters that were to be put back.
#[derive(Debug, Default)]
pub struct Replayed {
    /// How many lie on their topics again.
    pub replayed: usize,
    /// How many were left because only their beginnings are kept.
    pub cut: usize,
    /// Those that their topics will never take, with the reason; they stay where they are.
    pub refused: Vec<(LetterId, BusError)>,
}

/// A dead-letter partition as it is.
#[derive(Debug, Default)]
struct PartitionScan {
    letters: Vec<Letter>,
    settled: BTreeMap<i64, Settled>,
    end: i64,
}

impl DeadLetters {
    /// The dead letters of this bus.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus }
    }

    /// Every letter of a topic (the origin's name) that was not settled, oldest first; none when the topic has no
    /// dead-letter topic.
    pub async fn unsettled(&self, topic: &str) -> Result<Vec<Letter>, BusError> {
        let mut all = Vec::new();
        for at in self.partitions(topic).await? {
            let PartitionScan { letters, settled, .. } = self.scan(&at).await?;
            all.extend(letters.into_iter().filter(|letter| !settled.contains_key(&letter.id.offset)));
        }
        Ok(all)
    }

    /// One letter with its record as it lies there, and whether it was settled; none when it is not there.
    pub async fn find(&self, id: &LetterId) -> Result<Option<(Letter, Record, Option<Settled>)>, BusError> {
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

    /// Puts letters back on their topics, bytes and headers as they were, marked by [`crate::worker::dead_letter::header::REPLAYS`];
    /// what shares a partition goes in the order in which it lay there. Each counts as settled once it is durable
    /// on its topic: who is killed in between delivers it twice, and loses none.
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

    /// Settles letters without putting them back: they are gone.
    pub async fn forget(&self, letters: Vec<Letter>) -> Result<usize, BusError> {
        let mut count = 0;
        for (at, letters) in by_partition(letters) {
            count += letters.len();
            self.settle(&at, letters.iter().map(|letter| letter.id.offset), Settled::Dropped).await?;
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
        // Gone meanwhile: expired, or settled and deleted by somebody else.
        let there: Vec<_> = window
            .iter()
            .filter_map(|letter| Some((letter, original::of(letter, &records.remove(&letter.id.offset)?))))
            .collect();
        let mut done = Vec::new();
        match self.bus.publish_all(there.iter().map(|(_, record)| record.clone()).collect()).await {
            Ok(_) => done.extend(there.iter().map(|(letter, _)| letter.id.offset)),
            // One of them is at fault, or its partition is no more: each alone, in order.
            Err(error) if is_of_one(&error) => {
                for (letter, record) in there {
                    match self.publish(record).await {
                        Ok(()) => done.push(letter.id.offset),
                        Err(error) if is_of_one(&error) => outcome.refused.push((letter.id.clone(), error)),
                        Err(error) => {
                            self.settle(at, done, Settled::Replayed).await?;
                            return Err(error);
                        }
                    }
                }
            }
            Err(error) => return Err(error),
        }
        outcome.replayed += done.len();
        self.settle(at, done, Settled::Replayed).await
    }

    /// Publishes one; where its partition is no more, its key finds it another.
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
        how: Settled,
    ) -> Result<(), BusError> {
        let notes: Vec<_> = offsets.into_iter().map(|offset| settlement::note(at, offset, how)).collect();
        self.bus.publish_all(notes).await.map(drop)
    }

    /// Deletes the part of the log before the oldest letter that is not settled. The notes that go with it are
    /// of letters that go with it, since a note lies behind its letter.
    async fn truncate(&self, at: &TopicPartition) -> Result<(), BusError> {
        let PartitionScan { letters, settled, end } = self.scan(at).await?;
        let oldest = letters.iter().map(|letter| letter.id.offset).find(|offset| !settled.contains_key(offset));
        self.bus.delete_records(at, oldest.unwrap_or(end)).await
    }

    /// Reads a whole partition without keeping what the letters say.
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

    /// The records at these offsets, as far as they are there.
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
        let name = dead_letters_of(topic);
        let marks = self.bus.watermarks(&[&name]).await?.into_iter().flatten().next().unwrap_or_default();
        Ok((0..).zip(marks).map(|(n, _)| TopicPartition::new(name.as_str(), n)).collect())
    }
}

/// Whether an error is of one record, so that others may fare better.
fn is_of_one(error: &BusError) -> bool {
    error.class() == Class::Permanent || matches!(error, BusError::UnknownPartition { .. } | BusError::UnknownTopic(_))
}

fn by_partition(letters: Vec<Letter>) -> BTreeMap<TopicPartition, Vec<Letter>> {
    letters.into_iter().fold(BTreeMap::new(), |mut all: BTreeMap<_, Vec<Letter>>, letter| {
        all.entry(letter.id.location()).or_default().push(letter);
        all
    })
}
