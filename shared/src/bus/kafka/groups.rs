//! Consumer groups of the cluster.

use super::{Clients, blocking, client, errors, protocol, retry, topics};
use crate::{
    bus::{BusError, GroupMember, Lag},
    config::KafkaConfig,
};
use rdkafka::{
    Offset,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaResult,
};
use std::time::Duration;

/// Time limit of one request.
const ANSWER: Duration = Duration::from_secs(10);
/// Time between two requests while a coordinator is being elected.
const AGAIN: Duration = Duration::from_millis(100);

pub(super) async fn lag(
    clients: &Clients,
    config: &KafkaConfig,
    group: &str,
    topic: &str,
) -> Result<Vec<Lag>, BusError> {
    let (admin, topic) = (clients.admin()?, topic.to_owned());
    // Reads the group's offsets without joining it.
    let mut settings = client::settings(config);
    settings.set("group.id", group).set("enable.auto.commit", "false");
    let log_context = clients.log_context();
    blocking(move || {
        let partitions = topics::partitions_of(admin.inner(), &[topic.as_str()])?;
        let asking: BaseConsumer<client::LogContext> = settings
            .create_with_context(log_context)
            .map_err(|error| errors::from_kafka("a Kafka consumer", &error))?;
        let committed = settled(|| asking.committed_offsets(super::convert::list(&partitions), ANSWER))
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

/// Repeats a request until the group has a coordinator. Blocks.
fn settled<T>(ask: impl FnMut() -> KafkaResult<T>) -> KafkaResult<T> {
    retry::while_passing(ANSWER, AGAIN, ask, |error| errors::is_coordination(errors::code_of(error)))
}

pub(super) async fn list(clients: &Clients) -> Result<Vec<String>, BusError> {
    let admin = clients.admin()?;
    blocking(move || {
        let list = settled(|| admin.inner().fetch_group_list(None, ANSWER));
        let list = list.map_err(|error| errors::from_kafka("the consumer groups", &error))?;
        let mut names: Vec<_> = list.groups().iter().map(|group| group.name().to_owned()).collect();
        names.sort();
        Ok(names)
    })
    .await
}

pub(super) async fn describe(clients: &Clients, group: &str) -> Result<Vec<GroupMember>, BusError> {
    let (admin, group) = (clients.admin()?, group.to_owned());
    blocking(move || {
        let list = settled(|| admin.inner().fetch_group_list(Some(&group), ANSWER));
        let list = list.map_err(|error| errors::from_kafka("the consumer groups", &error))?;
        let found = list.groups().iter().filter(|found| found.name() == group).flat_map(|found| found.members());
        let mut members: Vec<_> = found
            .map(|member| GroupMember {
                id: member.id().to_owned(),
                topics: member.metadata().and_then(protocol::subscribed).unwrap_or_default(),
                partitions: member.assignment().and_then(protocol::assigned).unwrap_or_default(),
            })
            .collect();
        members.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(members)
    })
    .await
}

/// Counts the group's members that subscribe to the topic. Kafka reports no subscriptions during a rebalance; every
/// member counts then.
pub(super) async fn members(clients: &Clients, group: &str, topic: &str) -> Result<usize, BusError> {
    let members = describe(clients, group).await?;
    let counts = |member: &&GroupMember| member.topics.is_empty() || member.topics.iter().any(|name| name == topic);
    Ok(members.iter().filter(counts).count())
}
