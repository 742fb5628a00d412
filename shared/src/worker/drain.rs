//! Partitions on their way to another member: what is under way of them is finished within a deadline.

use super::lanes::Lanes;
use crate::bus::{Revocation, TopicPartition};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Revocations that wait for their partitions' last tasks.
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
    /// The revocation is held until its partitions are quiet, at most for `patience`.
    pub(super) fn begin(&mut self, revocation: Revocation, patience: Duration) {
        self.drains.push(Drain { revocation, deadline: Instant::now() + patience });
    }

    /// Takes out the revocations whose partitions are quiet or whose time is up.
    pub(super) fn take_settled<T>(&mut self, lanes: &Lanes<T>) -> Vec<Revocation> {
        let now = Instant::now();
        let settled = |drain: &mut Drain| {
            let busy: Vec<&TopicPartition> =
                drain.revocation.partitions.iter().filter(|at| lanes.busy_on(at)).collect();
            if !busy.is_empty() && now >= drain.deadline {
                tracing::warn!(?busy, "partitions are given up before all their work was done");
            }
            busy.is_empty() || now >= drain.deadline
        };
        self.drains.extract_if(.., settled).map(|drain| drain.revocation).collect()
    }

    /// Returns at the next deadline; never when there is none.
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
