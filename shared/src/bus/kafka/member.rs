//! What the polling thread and the consuming task of one consumer share, and how the library calls back.

use super::{client::Ear, commit, convert, inbox::Inbox, start::Starts};
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

/// The library's consumer with our ears.
pub(super) type Native = BaseConsumer<Context>;

/// How long a consumer may take to finish what is under way on partitions that are taken from it.
const DRAIN: Duration = Duration::from_secs(10);
/// How often it is looked whether it has: nothing can wake a thread on a dropped sender.
const LOOK: Duration = Duration::from_millis(1);

/// How a consumer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// It runs.
    Runs = 0,
    /// It was closed: commit and leave.
    Closes = 1,
    /// It was dropped: leave.
    Abandoned = 2,
}

/// What both sides of a consumer share.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// What was heard and not yet taken.
    pub(super) inbox: Inbox,
    /// Where to begin without a committed offset.
    pub(super) starts: Starts,
    /// Held while committing, so that an older commit never follows a newer one.
    pub(super) committing: Mutex<()>,
    course: AtomicU8,
}

impl Member {
    /// Ends the consumer, one way or the other.
    pub(super) fn end(&self, course: Course) {
        self.course.store(course as u8, Ordering::SeqCst);
        self.inbox.close();
    }

    pub(super) fn course(&self) -> Course {
        match self.course.load(Ordering::SeqCst) {
            0 => Course::Runs,
            1 => Course::Closes,
            _ => Course::Abandoned,
        }
    }
}

/// The library's way back to us.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) ear: Ear,
    pub(super) member: Arc<Member>,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.ear.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.ear.error(error, reason);
    }
}

impl ConsumerContext for Context {
    // The library's own version ignores failures and cannot set where to begin.
    fn rebalance(&self, consumer: &Native, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let done = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            _ => self.revoke(consumer, list),
        };
        if let Err(error) = done {
            tracing::error!("kafka: a rebalance went wrong: {error}");
            self.member.inbox.fail(super::errors::from_kafka("a rebalance", &error));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result
            && !matches!(error, KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset))
        {
            tracing::warn!("kafka: a commit in the background failed: {error}");
        }
    }
}

impl Context {
    fn assign(&self, consumer: &Native, list: &mut TopicPartitionList) -> KafkaResult<()> {
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

    /// Makes the place where the group begins durable, so that who gets the partition next begins there too
    /// and not at an end that has moved on.
    fn anchor(&self, consumer: &Native, anchors: &[NextOffset]) -> KafkaResult<()> {
        if anchors.is_empty() {
            return Ok(());
        }
        for next in anchors {
            self.member.inbox.state().ledger.anchor(next);
        }
        consumer.commit(&convert::offsets(anchors.iter().map(|next| (&next.at, next.offset)))?, CommitMode::Async)
    }

    fn revoke(&self, consumer: &Native, list: &TopicPartitionList) -> KafkaResult<()> {
        let partitions = convert::partitions(list);
        let lost = consumer.assignment_lost();
        if self.member.course() == Course::Runs && !partitions.is_empty() {
            tracing::info!(partitions = names(&partitions), lost, "kafka: partitions revoked");
            self.drain(&partitions, lost);
        }
        if !lost
            && self.member.course() != Course::Abandoned
            && let Err(error) = commit::once(consumer, &self.member, Some(&partitions))
        {
            tracing::warn!(
                "kafka: what was done on revoked partitions is not committed and will be done again: {error}"
            );
        }
        self.member.inbox.state().ledger.revoke(&partitions);
        // A pause would outlive the assignment.
        consumer.resume(list)?;
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
        }
    }

    /// Tells the consumer and waits until it has let go.
    fn drain(&self, partitions: &[TopicPartition], lost: bool) {
        let (done, mut let_go) = oneshot::channel();
        let done = (!lost).then_some(done);
        self.member.inbox.withdraw(Revocation { partitions: partitions.to_vec(), lost, done });
        if lost {
            return;
        }
        let deadline = Instant::now() + DRAIN;
        while let Err(oneshot::error::TryRecvError::Empty) = let_go.try_recv() {
            if self.member.course() != Course::Runs {
                return;
            }
            if Instant::now() > deadline {
                tracing::warn!(partitions = names(partitions), "kafka: partitions are given up before all was done");
                return;
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// A list for the log.
fn names(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
