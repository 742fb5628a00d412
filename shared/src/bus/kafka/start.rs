//! Where a consumer begins.

use super::{
    convert,
    member::{MemberState, NativeConsumer, Phase},
    retry, topics,
};
use crate::bus::{BusError, NextOffset, StartAt, TopicPartition};
use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _, error::KafkaResult};
use std::{collections::HashMap, sync::OnceLock, time::Duration};

/// How long one question to the cluster may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How long the group's coordinator may be away before a new member gives up asking where to begin.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two attempts.
const AGAIN: Duration = Duration::from_millis(100);

/// Where a group's member begins on partitions for which the group has committed nothing: with the oldest
/// record, which is what the library does by itself, unless it is told where the ends were when it
/// subscribed. "The end" as the library understands it would be the one at the moment of the assignment,
/// seconds later, and what came between would never be heard.
#[derive(Debug, Default)]
pub(super) struct StartOffsets(OnceLock<HashMap<TopicPartition, i64>>);

impl StartOffsets {
    /// Begin at these offsets. Told before the member joins.
    pub(super) fn at(&self, offsets: HashMap<TopicPartition, i64>) {
        let _first_and_only = self.0.set(offsets);
    }

    /// Sets where to begin in a list of newly assigned partitions; returns those where the group begins for
    /// the first time and not with the oldest record.
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
            // A partition that was not there when we subscribed is new: all of it follows.
            let offset = ends.get(&at).copied().unwrap_or(0);
            list.set_partition_offset(&at.topic, at.partition, Offset::Offset(offset))?;
            anchors.push(NextOffset { at, offset });
        }
        Ok(anchors)
    }
}

/// What the group has committed, asked until there is an answer: guessing would lose or repeat records.
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

/// The first or the next offset of each of these partitions, as of now. Blocks.
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
