//! Commits stored offsets.

use super::{
    convert, errors,
    member::{MemberState, NativeConsumer},
    retry,
};
use crate::bus::{BusError, TopicPartition};
use rdkafka::{
    consumer::{CommitMode, Consumer as _},
    error::KafkaError,
    types::RDKafkaErrorCode,
};
use std::time::Duration;

/// How long a commit waits for a rebalance to finish.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time between two attempts.
const AGAIN: Duration = Duration::from_millis(50);

/// Commits the stored offsets of all partitions and retries during a rebalance. Blocks.
pub(super) fn all(consumer: &NativeConsumer, member: &MemberState) -> Result<(), BusError> {
    // A partition that is lost meanwhile leaves the ledger, so the next attempt commits nothing for it.
    let rebalances = |error: &KafkaError| errors::is_rebalance(errors::code_of(error));
    retry::while_passing(PATIENCE, AGAIN, || once(consumer, member, None), rebalances)
        .map_err(|error| errors::from_kafka("a commit", &error))
}

/// Commits the stored offsets of all partitions, or of these, once. Blocks.
pub(super) fn once(
    consumer: &NativeConsumer,
    member: &MemberState,
    of: Option<&[TopicPartition]>,
) -> Result<(), KafkaError> {
    let _one_at_a_time = member.committing.lock();
    let due = member.inbox.state().ledger.uncommitted(of);
    if due.is_empty() {
        return Ok(());
    }
    let offsets = convert::offsets(due.iter().map(|next| (&next.at, next.offset)))?;
    match consumer.commit(&offsets, CommitMode::Sync) {
        Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {
            member.inbox.state().ledger.committed(&due);
            Ok(())
        }
        Err(error) => Err(error),
    }
}
