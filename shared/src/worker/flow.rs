//! Backpressure: a partition whose records pile up is paused, alone, until half of them are done.

use super::acks::Acks;
use crate::bus::{Consumer, TopicPartition};
use std::collections::HashSet;

/// Which partitions are paused.
#[derive(Debug)]
pub(super) struct Flow {
    most: usize,
    paused: HashSet<TopicPartition>,
}

impl Flow {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), paused: HashSet::new() }
    }

    /// Pauses and resumes as the books say. What the consumer refuses is tried again the next time.
    pub(super) fn regulate(&mut self, acks: &Acks, consumer: &mut dyn Consumer) {
        for (at, in_flight) in acks.in_flight() {
            let paused = self.paused.contains(at);
            let result = if !paused && in_flight >= self.most {
                consumer.pause(std::slice::from_ref(at)).map(|()| self.paused.insert(at.clone()))
            } else if paused && in_flight <= self.most / 2 {
                consumer.resume(std::slice::from_ref(at)).map(|()| self.paused.remove(at))
            } else {
                continue;
            };
            if let Err(error) = result {
                tracing::debug!(partition = %at, %error, "cannot pause or resume");
            }
        }
    }

    /// A new assignment of a partition begins unpaused.
    pub(super) fn forget(&mut self, at: &TopicPartition) {
        self.paused.remove(at);
    }

    /// A new consumer begins with nothing paused.
    pub(super) fn forget_all(&mut self) {
        self.paused.clear();
    }
}
