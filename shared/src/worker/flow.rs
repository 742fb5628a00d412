//! Backpressure: a partition whose records pile up, by number or by size, is paused, alone, until half of
//! that is done.

use super::acks::{Acks, InFlight};
use crate::bus::{Consumer, TopicPartition};
use std::collections::HashSet;

/// Which partitions are paused.
#[derive(Debug)]
pub(super) struct Flow {
    most: InFlight,
    paused: HashSet<TopicPartition>,
}

impl Flow {
    pub(super) fn new(most: InFlight) -> Self {
        let most = InFlight { records: most.records.max(1), bytes: most.bytes.max(1) };
        Self { most, paused: HashSet::new() }
    }

    /// Pauses and resumes as the books say. What the consumer refuses is tried again the next time.
    pub(super) fn regulate(&mut self, acks: &Acks, consumer: &mut dyn Consumer) {
        for (at, in_flight) in acks.in_flight() {
            let paused = self.paused.contains(at);
            let full = in_flight.records >= self.most.records || in_flight.bytes >= self.most.bytes;
            let half = in_flight.records <= self.most.records / 2 && in_flight.bytes <= self.most.bytes / 2;
            let result = if !paused && full {
                consumer.pause(std::slice::from_ref(at)).map(|()| self.paused.insert(at.clone()))
            } else if paused && half {
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
