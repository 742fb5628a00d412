//! The in-memory bus's log: topics, records, groups and members.

use jiff::Timestamp;
use rtfm_shared::bus::{BusError, Cleanup, ConsumerEvent, OutRecord, Position, Record, StartAt, TopicPartition};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) topics: BTreeMap<String, Topic>,
    pub(super) groups: HashMap<String, Group>,
    pub(super) publish_faults: HashMap<String, VecDeque<BusError>>,
    pub(super) next_faults: VecDeque<BusError>,
    pub(super) commit_faults: VecDeque<BusError>,
    pub(super) settings_refused: bool,
}

#[derive(Debug)]
pub(super) struct Topic {
    /// Every record ever published; its index is its offset.
    pub(super) partitions: Vec<Vec<Record>>,
    /// Per partition, the first offset that was not deleted.
    pub(super) begins: Vec<i64>,
    /// The settings of cleanup, which this bus only reports.
    pub(super) cleanup: Cleanup,
}

impl Topic {
    pub(super) fn new(partitions: i32, cleanup: Cleanup) -> Self {
        let begins = vec![0; partitions as usize];
        Self { partitions: (0..partitions).map(|_| Vec::new()).collect(), begins, cleanup }
    }

    /// For each partition, the first offset that is not deleted and the next free one.
    pub(super) fn watermarks(&self) -> Vec<(i64, i64)> {
        self.begins.iter().zip(&self.partitions).map(|(begin, log)| (*begin, log.len() as i64)).collect()
    }

    /// The records of a partition that were not deleted.
    pub(super) fn kept(&self, partition: i32) -> &[Record] {
        let records = &self.partitions[partition as usize];
        &records[self.begins[partition as usize] as usize..]
    }
}

/// A group and its one member.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) live: bool,
    pub(super) latest: bool,
    /// Events the member receives before its next record.
    pub(super) events: VecDeque<ConsumerEvent>,
    pub(super) assigned: BTreeSet<TopicPartition>,
    pub(super) paused: BTreeSet<TopicPartition>,
    pub(super) positions: HashMap<TopicPartition, i64>,
    pub(super) committed: HashMap<TopicPartition, i64>,
    pub(super) commits: usize,
}

impl Group {
    /// Adds a new member, which keeps the group's committed offsets.
    pub(super) fn start_over(&mut self, start: StartAt) {
        let committed = std::mem::take(&mut self.committed);
        let latest = start == StartAt::Latest;
        *self = Self { live: true, latest, committed, commits: self.commits, ..Self::default() };
    }
}

impl State {
    pub(super) fn topic(&mut self, name: &str) -> Result<&mut Topic, BusError> {
        self.topics.get_mut(name).ok_or_else(|| BusError::UnknownTopic(name.to_owned()))
    }

    pub(super) fn partition(&mut self, at: &TopicPartition) -> Result<&mut Topic, BusError> {
        let topic = self.topic(&at.topic)?;
        if !(0..topic.partitions.len() as i32).contains(&at.partition) {
            return Err(BusError::UnknownPartition { topic: at.topic.to_string(), partition: at.partition });
        }
        Ok(topic)
    }

    pub(super) fn append(&mut self, record: OutRecord) -> Result<Position, BusError> {
        let OutRecord { topic: name, partition, key, value, headers } = record;
        let topic = self.topic(&name)?;
        if topic.cleanup == Cleanup::Compact && key.is_none() {
            return Err(BusError::InvalidRecord(name));
        }
        let partition = partition.unwrap_or_else(|| {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            (hasher.finish() % topic.partitions.len() as u64) as i32
        });
        let Some(log) = topic.partitions.get_mut(partition as usize) else {
            return Err(BusError::UnknownPartition { topic: name, partition });
        };
        let offset = log.len() as i64;
        let at = TopicPartition::new(name, partition);
        log.push(Record { at, offset, timestamp: Timestamp::now(), key, value, headers });
        Ok(Position { partition, offset })
    }

    pub(super) fn assign(&mut self, group: &str, partitions: &[TopicPartition]) {
        let group = self.groups.get_mut(group).expect("the group has a member");
        for at in partitions {
            let end = self.topics.get(&*at.topic).map_or(0, |topic| topic.partitions[at.partition as usize].len());
            let start = if group.latest { end as i64 } else { 0 };
            group.positions.insert(at.clone(), group.committed.get(at).copied().unwrap_or(start));
            group.paused.remove(at);
            group.assigned.insert(at.clone());
        }
        group.events.push_back(ConsumerEvent::Assigned(partitions.to_vec()));
    }

    /// The next event for the member of this group, if any.
    pub(super) fn poll(&mut self, group: &str) -> Result<Option<ConsumerEvent>, BusError> {
        if let Some(error) = self.next_faults.pop_front() {
            if matches!(error, BusError::Closed(_) | BusError::UnknownTopic(_))
                && let Some(group) = self.groups.get_mut(group)
            {
                group.live = false;
            }
            return Err(error);
        }
        let group = self.groups.get_mut(group).expect("the group has a member");
        if let Some(event) = group.events.pop_front() {
            return Ok(Some(event));
        }
        for at in group.assigned.difference(&group.paused) {
            let position = group.positions.get_mut(at).expect("assigned with a position");
            let topic = self.topics.get(&*at.topic).expect("the topic exists");
            let log = &topic.partitions[at.partition as usize];
            *position = (*position).max(topic.begins[at.partition as usize]);
            if let Some(record) = log.get(*position as usize) {
                *position += 1;
                return Ok(Some(ConsumerEvent::Record(record.clone())));
            }
        }
        Ok(None)
    }
}
