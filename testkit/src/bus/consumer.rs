//! The member of a group on the bus in memory.

use super::MemoryBus;
use async_trait::async_trait;
use rtfm_shared::bus::{BusError, Consumer, ConsumerEvent, NextOffset, TopicPartition};
use std::collections::HashMap;

pub(super) struct MemoryConsumer {
    bus: MemoryBus,
    group: String,
    commits: bool,
    stored: HashMap<TopicPartition, i64>,
    closed: bool,
}

impl MemoryConsumer {
    pub(super) fn new(bus: MemoryBus, group: String, commits: bool) -> Self {
        Self { bus, group, commits, stored: HashMap::new(), closed: false }
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self) -> Result<ConsumerEvent, BusError> {
        let bus = self.bus.clone();
        loop {
            // Register first, so that no change in between is missed.
            let changed = bus.changed.notified();
            let polled = bus.state().poll(&self.group);
            match polled {
                Ok(Some(event)) => {
                    if let ConsumerEvent::Revoked(revocation) = &event {
                        // Until the revocation is dropped, the partitions stay assigned but deliver nothing new.
                        let mut state = bus.state();
                        let group = state.groups.get_mut(&self.group).expect("this member's group");
                        group.assigned.retain(|at| !revocation.partitions.contains(at));
                    }
                    return Ok(event);
                }
                Ok(None) => changed.await,
                Err(error) => {
                    self.closed = matches!(error, BusError::Closed(_) | BusError::UnknownTopic(_));
                    return Err(error);
                }
            }
        }
    }

    fn store(&mut self, offsets: &[NextOffset]) -> Result<(), BusError> {
        self.stored.extend(offsets.iter().map(|next| (next.at.clone(), next.offset)));
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        let mut state = self.bus.state();
        if let Some(error) = state.commit_faults.pop_front() {
            return Err(error);
        }
        if self.commits {
            let group = state.groups.get_mut(&self.group).expect("this member's group");
            group.committed.extend(self.stored.drain());
            group.commits += 1;
        }
        Ok(())
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError> {
        let mut state = self.bus.state();
        let group = state.groups.get_mut(&self.group).expect("this member's group");
        group.paused.extend(partitions.iter().cloned());
        Ok(())
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError> {
        let mut state = self.bus.state();
        let group = state.groups.get_mut(&self.group).expect("this member's group");
        group.paused.retain(|at| !partitions.contains(at));
        self.bus.changed.notify_waiters();
        Ok(())
    }

    async fn close(mut self: Box<Self>) -> Result<(), BusError> {
        self.commit().await
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        // After a close from outside, the group may already have another member.
        if !self.closed
            && let Ok(mut state) = self.bus.state.lock()
            && let Some(group) = state.groups.get_mut(&self.group)
        {
            group.live = false;
        }
    }
}
