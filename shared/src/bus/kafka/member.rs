//! State shared by the polling thread and the consuming task, and librdkafka's rebalance callbacks.

use super::{client::LogContext, commit, convert, inbox::Inbox, start::StartOffsets};
use crate::bus::{NextOffset, Revocation, TopicPartition};
use parking_lot::Mutex;
use rdkafka::{
    ClientContext, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult},
    types::{RDKafkaErrorCode, RDKafkaRespErr},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

pub(super) type NativeConsumer = BaseConsumer<RebalanceContext>;

/// How long a consumer may take to release revoked partitions.
const DRAIN: Duration = Duration::from_secs(10);
/// Polling interval while waiting: a dropped sender cannot wake a thread that blocks in the callback.
const LOOK: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running = 0,
    /// `close` was called: commit and leave.
    Closing = 1,
    /// The consumer was dropped: leave without committing.
    Dropped = 2,
}

#[derive(Debug, Default)]
pub(super) struct MemberState {
    pub(super) inbox: Inbox,
    pub(super) starts: StartOffsets,
    /// Held while committing, so that an older commit never follows a newer one.
    pub(super) committing: Mutex<()>,
    phase: AtomicU8,
}

impl MemberState {
    pub(super) fn end(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
        self.inbox.close();
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Running,
            1 => Phase::Closing,
            _ => Phase::Dropped,
        }
    }
}

#[derive(Debug)]
pub(super) struct RebalanceContext {
    pub(super) log_context: LogContext,
    pub(super) member: Arc<MemberState>,
}

impl ClientContext for RebalanceContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.log_context.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.log_context.error(error, reason);
    }
}

impl ConsumerContext for RebalanceContext {
    // The library's default ignores failures and cannot set start positions.
    fn rebalance(&self, consumer: &NativeConsumer, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let done = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            _ => self.revoke(consumer, list),
        };
        if let Err(error) = done {
            tracing::error!("kafka: rebalance failed: {error}");
            self.member.inbox.fail(super::errors::from_kafka("a rebalance", &error));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result
            && !matches!(error, KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset))
        {
            tracing::warn!("kafka: failed to commit the start position: {error}");
        }
    }
}

impl RebalanceContext {
    fn assign(&self, consumer: &NativeConsumer, list: &mut TopicPartitionList) -> KafkaResult<()> {
        let anchors = self.member.starts.settle(consumer, &self.member, list)?;
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(list)?,
            RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.assign(list)?,
        }
        let partitions = convert::partitions(list);
        if partitions.is_empty() {
            return Ok(());
        }
        tracing::info!(partitions = names(&partitions), "kafka: partitions assigned");
        self.member.inbox.assign(partitions);
        self.anchor(consumer, &anchors)
    }

    /// Commits the group's start position, so that the partition's next owner begins there and not at a later end.
    fn anchor(&self, consumer: &NativeConsumer, anchors: &[NextOffset]) -> KafkaResult<()> {
        if anchors.is_empty() {
            return Ok(());
        }
        for next in anchors {
            self.member.inbox.state().ledger.anchor(next);
        }
        consumer.commit(&convert::offsets(anchors.iter().map(|next| (&next.at, next.offset)))?, CommitMode::Async)
    }

    fn revoke(&self, consumer: &NativeConsumer, list: &TopicPartitionList) -> KafkaResult<()> {
        let partitions = convert::partitions(list);
        let lost = consumer.assignment_lost();
        if self.member.phase() == Phase::Running && !partitions.is_empty() {
            tracing::info!(partitions = names(&partitions), lost, "kafka: partitions revoked");
            self.drain(&partitions, lost);
        }
        if !lost
            && self.member.phase() != Phase::Dropped
            && let Err(error) = commit::once(consumer, &self.member, Some(&partitions))
        {
            tracing::warn!(
                "kafka: failed to commit revoked partitions, their last records will be handled again: {error}"
            );
        }
        self.member.inbox.state().ledger.revoke(&partitions);
        // A pause would outlast the assignment.
        consumer.resume(list)?;
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
        }
    }

    /// Queues the revocation and waits until the consumer drops it.
    fn drain(&self, partitions: &[TopicPartition], lost: bool) {
        let (done, mut let_go) = oneshot::channel();
        let done = (!lost).then_some(done);
        self.member.inbox.withdraw(Revocation { partitions: partitions.to_vec(), lost, done });
        if lost {
            return;
        }
        let deadline = Instant::now() + DRAIN;
        while let Err(oneshot::error::TryRecvError::Empty) = let_go.try_recv() {
            if self.member.phase() != Phase::Running {
                return;
            }
            if Instant::now() > deadline {
                tracing::warn!(
                    partitions = names(partitions),
                    "kafka: releasing partitions before their records are done"
                );
                return;
            }
            std::thread::sleep(LOOK);
        }
    }
}

fn names(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
