//! Static membership: names of its own for every consumer, and what happens to one whose name is taken.

use super::corner::{Corner, PATIENCE, hear, subscribe};
use rtfm_shared::{
    bus::{Bus, BusError, ConsumerEvent, KafkaBus, StartAt},
    config::KafkaConfig,
};
use std::{collections::BTreeSet, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_of_one_instance_do_not_fence_each_other() {
    let Some(corner) = Corner::open().await else { return };
    let (topic, group) = (corner.day(2).await, corner.name("g"));
    let bus = corner.instance("node");
    let mut one = subscribe(&bus, &topic, Some(&group), StartAt::Earliest).await;
    let ConsumerEvent::Assigned(all) = hear(&mut one).await else { panic!("nothing was assigned") };
    assert_eq!(all.len(), 2);
    let mut other = subscribe(&bus, &topic, Some(&group), StartAt::Earliest).await;
    let ConsumerEvent::Revoked(revocation) = hear(&mut one).await else { panic!("nothing was revoked") };
    let moving: BTreeSet<_> = revocation.partitions.iter().cloned().collect();
    drop(revocation);
    let ConsumerEvent::Assigned(moved) = hear(&mut other).await else { panic!("nothing was assigned") };
    assert_eq!(moved.into_iter().collect::<BTreeSet<_>>(), moving);
    assert_eq!(bus.members(&group, &topic).await.unwrap(), 2);
    assert_eq!(bus.members(&group, &corner.name("elsewhere")).await.unwrap(), 0, "they subscribe to one topic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_with_a_taken_instance_id_is_fenced() {
    let Some(corner) = Corner::open().await else { return };
    let (topic, group) = (corner.day(1).await, corner.name("g"));
    let mut first = subscribe(&corner.instance("node"), &topic, Some(&group), StartAt::Earliest).await;
    assert!(matches!(hear(&mut first).await, ConsumerEvent::Assigned(_)));
    let mut second = subscribe(&corner.instance("node"), &topic, Some(&group), StartAt::Earliest).await;
    assert!(matches!(hear(&mut second).await, ConsumerEvent::Assigned(_)));
    let end = async {
        loop {
            match first.next().await {
                Ok(ConsumerEvent::Revoked(revocation)) => assert!(revocation.lost, "nothing can be committed any more"),
                Ok(other) => panic!("{other:?}"),
                Err(error) => return error,
            }
        }
    };
    let error = tokio::time::timeout(PATIENCE, end).await.unwrap();
    assert!(matches!(error, BusError::Closed(_)), "{error:?}");
    first.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_consumer_that_does_not_poll_is_removed() {
    let Some(corner) = Corner::open().await else { return };
    let (topic, group) = (corner.day(2).await, corner.name("g"));
    // The shortest that the library takes, and shorter than what letting go may take.
    let shortest = Duration::from_secs(6);
    let config = KafkaConfig { session_timeout: shortest, max_poll_interval: shortest, ..corner.config.clone() };
    let slow = KafkaBus::connect(&config).unwrap();
    let mut one = subscribe(&slow, &topic, Some(&group), StartAt::Earliest).await;
    assert!(matches!(hear(&mut one).await, ConsumerEvent::Assigned(all) if all.len() == 2));
    let _other = subscribe(&corner.bus, &topic, Some(&group), StartAt::Earliest).await;
    // Until we let go of this, the polling thread waits, while the library sends its heartbeats.
    let ConsumerEvent::Revoked(held) = hear(&mut one).await else { panic!("nothing was revoked") };
    assert!(!held.lost && held.done.is_some(), "{held:?}");
    // So it lost the other partition, too, which nobody asked it for.
    let ConsumerEvent::Revoked(lost) = hear(&mut one).await else { panic!("nothing was lost") };
    assert!(lost.lost && lost.partitions != held.partitions, "{lost:?}");
}
