//! An in-memory bus for tests: it keeps every promise of the trait, fails on demand, and shows committed offsets and
//! paused partitions.
//!
//! Only the test causes rebalances: the first member of a group gets every partition, and
//! [`MemoryBus::revoke`] and [`MemoryBus::assign`] move them.

mod consumer;
mod log;
mod recording;

use async_trait::async_trait;
use consumer::MemoryConsumer;
use jiff::Timestamp;
use log::{Group, State, Topic};
pub use recording::{RecordedUse, RecordingBus};
use rtfm_shared::bus::{
    Bus, BusError, Cleanup, Consumer, ConsumerEvent, GroupMember, Lag, OutRecord, Position, Record, Revocation,
    Subscription, TopicPartition, TopicSpec, TopicState,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::{Notify, oneshot};

/// An in-memory bus. Clones share its state.
#[derive(Clone, Debug, Default)]
pub struct MemoryBus {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    /// Appended to the names of groups.
    apart: &'static str,
}

impl MemoryBus {
    /// A bus with these topics and their numbers of partitions.
    pub fn with_topics(topics: &[(&str, i32)]) -> Self {
        let bus = Self::default();
        for (name, partitions) in topics {
            bus.state().topics.insert((*name).to_owned(), Topic::new(*partitions, Cleanup::Delete));
        }
        bus
    }

    /// The same bus for another process of the same kind. A group here has one member, so the other process gets its
    /// own groups and receives every record too.
    #[must_use]
    pub fn apart(&self, name: &'static str) -> Self {
        Self { apart: name, ..self.clone() }
    }

    /// The next publications to this topic fail with these errors, one each.
    pub fn fail_publications(&self, topic: &str, errors: impl IntoIterator<Item = BusError>) {
        self.state().publish_faults.entry(topic.to_owned()).or_default().extend(errors);
    }

    /// Removes the unused faults of this topic's publications.
    pub fn clear_publication_faults(&self, topic: &str) {
        self.state().publish_faults.remove(topic);
    }

    /// The next calls of `next` by any consumer fail with these errors, one each.
    pub fn fail_hearing(&self, errors: impl IntoIterator<Item = BusError>) {
        self.state().next_faults.extend(errors);
        self.changed.notify_waiters();
    }

    /// The next commits fail with these errors, one each.
    pub fn fail_commits(&self, errors: impl IntoIterator<Item = BusError>) {
        self.state().commit_faults.extend(errors);
    }

    /// Revokes partitions from the group's member, or reports them as already lost. The returned receiver resolves (to
    /// an error) when the member releases them; they are unassigned then.
    pub fn revoke(&self, group: &str, partitions: &[TopicPartition], lost: bool) -> oneshot::Receiver<()> {
        let (done, released) = oneshot::channel();
        let mut state = self.state();
        let group = state.groups.get_mut(group).expect("the group has a member");
        if lost {
            group.assigned.retain(|at| !partitions.contains(at));
        }
        group.events.push_back(ConsumerEvent::Revoked(Revocation {
            partitions: partitions.to_vec(),
            lost,
            done: Some(done),
        }));
        self.changed.notify_waiters();
        released
    }

    /// Gives partitions to the group's member; delivery begins at the committed offset.
    pub fn assign(&self, group: &str, partitions: &[TopicPartition]) {
        let mut state = self.state();
        state.assign(group, partitions);
        self.changed.notify_waiters();
    }

    /// Delivers a record again, as a bus may after a pause.
    pub fn redeliver(&self, group: &str, record: Record) {
        let mut state = self.state();
        let group = state.groups.get_mut(group).expect("the group has a member");
        group.events.push_back(ConsumerEvent::Record(record));
        self.changed.notify_waiters();
    }

    /// Forbids reading the topics' settings, as Kafka does without the ACL for DescribeConfigs.
    pub fn refuse_settings(&self) {
        self.state().settings_refused = true;
    }

    /// Every record of a topic: by partition, then by offset.
    pub fn records(&self, topic: &str) -> Vec<Record> {
        let state = self.state();
        let topic = state.topics.get(topic).expect("the topic exists");
        (0..topic.partitions.len() as i32).flat_map(|partition| topic.kept(partition).to_vec()).collect()
    }

    /// The group's committed offset on a partition.
    pub fn committed(&self, group: &str, at: &TopicPartition) -> Option<i64> {
        self.state().groups.get(group)?.committed.get(at).copied()
    }

    /// How often the group committed.
    pub fn commits(&self, group: &str) -> usize {
        self.state().groups.get(group).map_or(0, |group| group.commits)
    }

    /// The partitions that the group's member has paused, sorted.
    pub fn paused(&self, group: &str) -> Vec<TopicPartition> {
        self.state().groups.get(group).map_or(Vec::new(), |group| group.paused.iter().cloned().collect())
    }

    /// The offset of the next record that the group's member will get, 0 before it gets any.
    pub fn delivered(&self, group: &str, at: &TopicPartition) -> i64 {
        self.state().groups.get(group).and_then(|group| group.positions.get(at).copied()).unwrap_or_default()
    }

    /// Whether the group has a member.
    pub fn is_live(&self, group: &str) -> bool {
        self.state().groups.get(group).is_some_and(|group| group.live)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test thread has panicked in here")
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError> {
        let mut state = self.state();
        if let Some(error) = state.publish_faults.get_mut(&record.topic).and_then(VecDeque::pop_front) {
            return Err(error);
        }
        let position = state.append(record)?;
        self.changed.notify_waiters();
        Ok(position)
    }

    async fn subscribe(&self, mut subscription: Subscription) -> Result<Box<dyn Consumer>, BusError> {
        if let Some(group) = &mut subscription.group {
            group.push_str(self.apart);
        }
        let mut state = self.state();
        let lone = format!("alone-{}", state.groups.len());
        let name = subscription.group.clone().unwrap_or(lone);
        let mut all = Vec::new();
        for topic in &subscription.topics {
            let partitions = state.topic(topic)?.partitions.len() as i32;
            all.extend((0..partitions).map(|partition| TopicPartition::new(topic.as_str(), partition)));
        }
        let group = state.groups.entry(name.clone()).or_default();
        if std::mem::replace(&mut group.live, true) {
            return Err(BusError::Fatal(format!("group {name}: one member only")));
        }
        group.start_over(subscription.start);
        state.assign(&name, &all);
        Ok(Box::new(MemoryConsumer::new(self.clone(), name, subscription.group.is_some())))
    }

    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError> {
        let mut state = self.state();
        let missing: Vec<_> = specs.iter().filter(|spec| !state.topics.contains_key(&spec.name)).collect();
        for spec in &missing {
            state.topics.insert(spec.name.clone(), Topic::new(spec.partitions, spec.cleanup));
        }
        Ok(missing.into_iter().map(|spec| spec.name.clone()).collect())
    }

    async fn repair_topics(&self, specs: &[TopicSpec]) -> Result<(), BusError> {
        let mut state = self.state();
        specs.iter().try_for_each(|spec| state.topic(&spec.name).map(|topic| topic.cleanup = spec.cleanup))
    }

    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError> {
        let state = self.state();
        if state.settings_refused {
            return Err(BusError::Fatal("the topics' settings: TopicAuthorizationFailed".to_owned()));
        }
        let describe = |name: &&str| {
            state.topics.get(*name).map(|topic| TopicState {
                name: (*name).to_owned(),
                partitions: topic.partitions.len() as i32,
                replication: 1,
                retention_ms: None,
                cleanup: topic.cleanup,
                cleanup_delay_ms: Some(0),
                watermarks: topic.watermarks(),
            })
        };
        Ok(names.iter().map(describe).collect())
    }

    async fn watermarks(&self, names: &[&str]) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
        let state = self.state();
        Ok(names.iter().map(|name| state.topics.get(*name).map(Topic::watermarks)).collect())
    }

    async fn list_topics(&self) -> Result<Vec<String>, BusError> {
        Ok(self.state().topics.keys().cloned().collect())
    }

    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError> {
        let mut state = self.state();
        names.iter().try_for_each(|name| {
            state.topics.remove(*name).map(|_| ()).ok_or_else(|| BusError::UnknownTopic((*name).to_owned()))
        })
    }

    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError> {
        let mut state = self.state();
        let log = state.topic(topic)?;
        let ends: Vec<_> =
            log.begins.iter().zip(&log.partitions).map(|(begin, log)| (*begin, log.len() as i64)).collect();
        let lag = |(partition, (begin, end))| {
            let at = TopicPartition::new(topic, partition);
            let committed = state.groups.get(group).and_then(|group: &Group| group.committed.get(&at).copied());
            Lag { at, committed, end, begin }
        };
        Ok((0..).zip(ends).map(lag).collect())
    }

    async fn members(&self, group: &str, _topic: &str) -> Result<usize, BusError> {
        Ok(usize::from(self.is_live(group)))
    }

    async fn list_groups(&self) -> Result<Vec<String>, BusError> {
        let state = self.state();
        let known = |(name, group): (&String, &Group)| {
            let lone = name.starts_with("alone-");
            (!lone && (group.live || !group.committed.is_empty())).then(|| name.clone())
        };
        let mut names: Vec<_> = state.groups.iter().filter_map(known).collect();
        names.sort();
        Ok(names)
    }

    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError> {
        let state = self.state();
        let live = state.groups.get(group).filter(|group| group.live);
        let member = |group: &Group| {
            let partitions: Vec<_> = group.assigned.iter().cloned().collect();
            let mut topics: Vec<_> = partitions.iter().map(|at| at.topic.to_string()).collect();
            topics.dedup();
            GroupMember { id: "the-one".to_owned(), topics, partitions }
        };
        Ok(live.map(member).into_iter().collect())
    }

    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError> {
        let mut state = self.state();
        let kept = state.partition(at)?.kept(at.partition);
        Ok(kept.iter().filter(|record| record.offset >= from).take(most).cloned().collect())
    }

    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError> {
        let mut state = self.state();
        let topic = state.partition(at)?;
        let end = topic.partitions[at.partition as usize].len() as i64;
        let begin = &mut topic.begins[at.partition as usize];
        *begin = (*begin).max(before.min(end));
        Ok(())
    }

    async fn health(&self) -> Result<(), BusError> {
        Ok(())
    }

    async fn housekeeping(&self, _now: Timestamp) -> Result<(), BusError> {
        Ok(())
    }
}
