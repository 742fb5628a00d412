//! Starts a consumer.

use super::{
    super::{
        OpenBus, append,
        error::WorkError,
        membership::{self, AcquiredLease, Lease, MemberKey},
    },
    LocalConsumer,
    group::GroupMembership,
};
use crate::bus::{BusError, StartAt, Subscription, TopicPartition};
use rusqlite::Connection;
use std::{collections::BTreeMap, sync::Arc};

/// The topics of a subscription, and each partition's id, name and end.
#[derive(Debug, Default)]
struct SubscribedTopics {
    topics: Vec<(i64, String)>,
    partitions: Vec<(i64, TopicPartition, i64)>,
}

pub(in super::super) async fn subscribe(bus: Arc<OpenBus>, wanted: Subscription) -> Result<LocalConsumer, BusError> {
    // Commits from here on wake the consumer.
    let changes = bus.changes.subscribe();
    let Subscription { mut topics, group, start } = wanted;
    topics.sort();
    topics.dedup();
    match group {
        None => {
            let subscribed = bus.reader.read(move |connection| survey(connection, &topics)).await?;
            let mut consumer = LocalConsumer::new(bus, changes, subscribed.topics, None);
            consumer.names = names(&subscribed.partitions);
            let taken = subscribed.partitions.into_iter().map(|(partition, _, end)| AcquiredLease {
                lease: Lease { partition, epoch: 0 },
                next: if start == StartAt::Latest { end } else { 0 },
            });
            consumer.take_on(taken.collect());
            Ok(consumer)
        }
        Some(group) => {
            let member = MemberKey { id: uuid::Uuid::new_v4().simple().to_string(), group };
            // Before joining: dropping this future half-way leaves the group again.
            let mut place = GroupMembership::new(bus.clone(), member.clone());
            let instance = bus.instance.clone();
            let subscribed = bus
                .writer
                .write(move |connection| {
                    let subscribed = survey(connection, &topics)?;
                    membership::join(connection, &member, &instance, &topics)?;
                    Ok(subscribed)
                })
                .await?;
            if start == StartAt::Latest {
                let ends: BTreeMap<_, _> = subscribed.partitions.iter().map(|(id, _, end)| (*id, *end)).collect();
                place.began = Arc::new(ends);
            }
            let mut consumer = LocalConsumer::new(bus, changes, subscribed.topics, Some(place));
            consumer.names = names(&subscribed.partitions);
            Ok(consumer)
        }
    }
}

fn names(partitions: &[(i64, TopicPartition, i64)]) -> BTreeMap<i64, TopicPartition> {
    partitions.iter().map(|(id, at, _)| (*id, at.clone())).collect()
}

fn survey(connection: &Connection, topics: &[String]) -> Result<SubscribedTopics, WorkError> {
    let mut subscribed = SubscribedTopics::default();
    for name in topics {
        let (id, _) = append::topic(connection, name)?;
        subscribed.topics.push((id, name.clone()));
        let shared: Arc<str> = name.as_str().into();
        let mut select = connection
            .prepare_cached("SELECT id, number, next_offset FROM partitions WHERE topic = ?1 ORDER BY number")?;
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            subscribed.partitions.push((row.get(0)?, TopicPartition::new(shared.clone(), row.get(1)?), row.get(2)?));
        }
    }
    Ok(subscribed)
}
