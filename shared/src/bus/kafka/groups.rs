//! What the cluster knows of consumer groups.

use super::{Clients, blocking, client, errors, topics};
use crate::{
    bus::{BusError, Lag},
    config::KafkaConfig,
};
use rdkafka::{
    Offset,
    consumer::{BaseConsumer, Consumer as _},
};
use std::time::Duration;

/// How long one question to the cluster may take.
const ANSWER: Duration = Duration::from_secs(10);

/// How far a group is behind.
pub(super) async fn lag(
    clients: &Clients,
    config: &KafkaConfig,
    group: &str,
    topic: &str,
) -> Result<Vec<Lag>, BusError> {
    let (admin, topic) = (clients.admin()?, topic.to_owned());
    // It asks under the group's name and never joins.
    let mut settings = client::settings(config);
    settings.set("group.id", group).set("enable.auto.commit", "false");
    let ear = clients.ear();
    blocking(move || {
        let partitions = topics::partitions_of(admin.inner(), &[topic.as_str()])?;
        let asking: BaseConsumer<client::Ear> =
            settings.create_with_context(ear).map_err(|error| errors::from_kafka("a Kafka consumer", &error))?;
        let committed = asking
            .committed_offsets(super::convert::list(&partitions), ANSWER)
            .map_err(|error| errors::from_kafka("the committed offsets", &error))?;
        partitions
            .into_iter()
            .map(|at| {
                let (begin, end) = topics::watermarks(admin.inner(), &at.topic, at.partition)?;
                let committed = match committed.find_partition(&at.topic, at.partition).map(|found| found.offset()) {
                    Some(Offset::Offset(offset)) => Some(offset),
                    _ => None,
                };
                Ok(Lag { at, committed, end, begin })
            })
            .collect()
    })
    .await
}

/// How many members of the group subscribe to the topic.
pub(super) async fn members(clients: &Clients, group: &str, topic: &str) -> Result<usize, BusError> {
    let (admin, group, topic) = (clients.admin()?, group.to_owned(), topic.to_owned());
    blocking(move || {
        let list = admin.inner().fetch_group_list(Some(&group), ANSWER);
        let list = list.map_err(|error| errors::from_kafka("the consumer groups", &error))?;
        let found = list.groups().iter().filter(|found| found.name() == group).flat_map(|found| found.members());
        Ok(found.filter(|member| member.metadata().is_none_or(|bytes| subscribes(bytes, &topic))).count())
    })
    .await
}

/// Whether a member's subscription names the topic. While a group is being rearranged the cluster does not
/// tell the subscriptions, and every member counts.
fn subscribes(subscription: &[u8], topic: &str) -> bool {
    names(subscription).is_none_or(|names| names.contains(&topic.as_bytes()))
}

/// The topics in a subscription of Kafka's consumer protocol: a version, then an array of strings, then what
/// does not matter here. All numbers are big-endian.
fn names(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let _version = i16::from_be_bytes(*bytes.split_off(..2)?.first_chunk()?);
    let count = i32::from_be_bytes(*bytes.split_off(..4)?.first_chunk()?);
    let mut names = Vec::new();
    for _ in 0..count {
        let length = u16::from_be_bytes(*bytes.split_off(..2)?.first_chunk()?);
        names.push(bytes.split_off(..usize::from(length))?);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_read_and_an_unreadable_one_counts() {
        // Version 3, two topics, then user data, owned partitions, generation and rack.
        let subscription = b"\0\x03\0\0\0\x02\0\x03one\0\x05other\xff\xff\xff\xff\0\0\0\0\0\0\0\x01\xff\xff";
        assert!(subscribes(subscription, "one") && subscribes(subscription, "other"));
        assert!(!subscribes(subscription, "on"));
        assert!(subscribes(b"", "any") && subscribes(b"\0\x03\0\0\0\x02\0\x09one", "any"));
        assert!(!subscribes(b"\0\x03\0\0\0\0", "any"), "no topics at all");
    }
}
