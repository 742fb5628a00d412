//! Start positions of a consumer.

use super::{
    convert,
    member::{MemberState, NativeConsumer, Phase},
    retry, topics,
};
use crate::bus::{BusError, NextOffset, StartAt, TopicPartition};
use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _, error::KafkaResult};
use std::{collections::HashMap, sync::OnceLock, time::Duration};

/// Time limit of one request.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a new member waits for the group's coordinator.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two attempts.
const AGAIN: Duration = Duration::from_millis(100);

/// Start positions of a group member on partitions without a committed offset: the oldest record, which is librdkafka's
/// default, or the ends at the time of subscribing. librdkafka's own "latest" means the end when the assignment
/// arrives, seconds later, and would skip what came between.
#[derive(Debug, Default)]
pub(super) struct StartOffsets(OnceLock<HashMap<TopicPartition, i64>>);

impl StartOffsets {
    /// Sets the start positions, before the member joins.
    pub(super) fn at(&self, offsets: HashMap<TopicPartition, i64>) {
        let _first_and_only = self.0.set(offsets);
    }

    /// Sets the start positions of newly assigned partitions; returns those to commit as the group's first.
    pub(super) fn settle(
        &self,
        consumer: &NativeConsumer,
        member: &MemberState,
        list: &mut TopicPartitionList,
    ) -> KafkaResult<Vec<NextOffset>> {
        let mut anchors = Vec::new();
        let Some(ends) = self.0.get().filter(|_| list.count() > 0) else { return Ok(anchors) };
        for element in committed(consumer, member, list)?.elements() {
            if matches!(element.offset(), Offset::Offset(_)) {
                continue;
            }
            let at = TopicPartition::new(element.topic(), element.partition());
            // A partition created after subscribing is read from its beginning.
            let offset = ends.get(&at).copied().unwrap_or(0);
            list.set_partition_offset(&at.topic, at.partition, Offset::Offset(offset))?;
            anchors.push(NextOffset { at, offset });
        }
        Ok(anchors)
    }
}

/// The group's committed offsets, repeated until known: a guess would lose or repeat records.
fn committed(
    consumer: &NativeConsumer,
    member: &MemberState,
    list: &TopicPartitionList,
) -> KafkaResult<TopicPartitionList> {
    let ask = || consumer.committed_offsets(convert::list(&convert::partitions(list)), ANSWER);
    retry::while_passing(PATIENCE, AGAIN, ask, |error| {
        tracing::warn!(%error, "kafka: failed to read the group's committed offsets");
        member.phase() == Phase::Running
    })
}

/// The first or the next offset of each partition. Blocks.
pub(super) fn positions(
    consumer: &NativeConsumer,
    partitions: &[TopicPartition],
    start: StartAt,
) -> Result<HashMap<TopicPartition, i64>, BusError> {
    let position = |at: &TopicPartition| {
        let (begin, end) = topics::watermarks(consumer.client(), &at.topic, at.partition)?;
        Ok((at.clone(), if start == StartAt::Earliest { begin } else { end }))
    };
    partitions.iter().map(position).collect()
}
