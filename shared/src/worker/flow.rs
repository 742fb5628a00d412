//! Backpressure: a partition with too many records or bytes in flight is paused until half of them are done.

use super::acks::{Acks, InFlight};
use crate::bus::{Consumer, TopicPartition};
use std::collections::HashSet;

#[derive(Debug)]
pub(super) struct Flow {
    limits: InFlight,
    paused: HashSet<TopicPartition>,
}

impl Flow {
    pub(super) fn new(limits: InFlight) -> Self {
        let limits = InFlight { records: limits.records.max(1), bytes: limits.bytes.max(1) };
        Self { limits, paused: HashSet::new() }
    }

    /// Pauses and resumes partitions. If the consumer refuses, the next call tries again.
    pub(super) fn regulate(&mut self, acks: &Acks, consumer: &mut dyn Consumer) {
        for (at, in_flight) in acks.in_flight() {
            let paused = self.paused.contains(at);
            let full = in_flight.records >= self.limits.records || in_flight.bytes >= self.limits.bytes;
            let half = in_flight.records <= self.limits.records / 2 && in_flight.bytes <= self.limits.bytes / 2;
            let result = if !paused && full {
                consumer.pause(std::slice::from_ref(at)).map(|()| self.paused.insert(at.clone()))
            } else if paused && half {
                consumer.resume(std::slice::from_ref(at)).map(|()| self.paused.remove(at))
            } else {
                continue;
            };
            if let Err(error) = result {
                tracing::debug!(partition = %at, %error, "failed to pause or resume");
            }
        }
    }

    /// A new assignment begins unpaused.
    pub(super) fn forget(&mut self, at: &TopicPartition) {
        self.paused.remove(at);
    }

    /// A new consumer begins with nothing paused.
    pub(super) fn forget_all(&mut self) {
        self.paused.clear();
    }
}
