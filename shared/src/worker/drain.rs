//! Draining of revoked partitions: work in flight finishes within a deadline.

use super::lanes::Lanes;
use crate::bus::{Revocation, TopicPartition};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Revocations held until their partitions are idle.
#[derive(Debug, Default)]
pub(super) struct Drains {
    drains: Vec<Drain>,
}

#[derive(Debug)]
struct Drain {
    revocation: Revocation,
    deadline: Instant,
}

impl Drains {
    /// Holds a revocation until its partitions are idle, for `patience` at most.
    pub(super) fn begin(&mut self, revocation: Revocation, patience: Duration) {
        self.drains.push(Drain { revocation, deadline: Instant::now() + patience });
    }

    /// Takes the revocations whose partitions are idle or whose deadline has passed.
    pub(super) fn take_settled<T>(&mut self, lanes: &Lanes<T>) -> Vec<Revocation> {
        let now = Instant::now();
        let settled = |drain: &mut Drain| {
            let busy: Vec<&TopicPartition> =
                drain.revocation.partitions.iter().filter(|at| lanes.busy_on(at)).collect();
            if !busy.is_empty() && now >= drain.deadline {
                tracing::warn!(?busy, "releasing partitions before their work is done");
            }
            busy.is_empty() || now >= drain.deadline
        };
        self.drains.extract_if(.., settled).map(|drain| drain.revocation).collect()
    }

    /// Waits for the next deadline; forever without one.
    pub(super) fn next_deadline(&self) -> impl Future<Output = ()> + use<> {
        let deadline = self.drains.iter().map(|drain| drain.deadline).min();
        async move {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        }
    }
}
