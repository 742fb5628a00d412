//! A consumer that is slower than its topic, and one that begins at the end.

use super::corner::{Corner, hear, hear_values, next, numbers, record, subscribe};
use rtfm_shared::bus::{Bus, ConsumerEvent, StartAt};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_consumer_receives_everything_once_and_in_order() {
    let Some(corner) = Corner::open().await else { return };
    let topic = corner.day(1).await;
    // Several times what a consumer holds.
    corner.fill(&topic, 0, 0..10_000).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&corner.name("g")), StartAt::Earliest).await;
    let mut heard = hear_values(&mut consumer, 1).await;
    for _ in 0..3 {
        // Long enough for the client to fill up and to pause the partition. Nothing is asserted of the
        // time: whether it paused or not, the records must be right.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        heard.extend(hear_values(&mut consumer, 3000).await);
    }
    heard.extend(hear_values(&mut consumer, 999).await);
    assert_eq!(heard, numbers(0..10_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_rebalances_while_a_member_is_idle() {
    let Some(corner) = Corner::open().await else { return };
    let (topic, group) = (corner.day(2).await, corner.name("g"));
    for partition in 0..2 {
        corner.fill(&topic, partition, 0..6000).await;
    }
    let mut idle = subscribe(&corner.bus, &topic, Some(&group), StartAt::Earliest).await;
    hear_values(&mut idle, 1).await;
    // It stops listening, full to the brim. The other gets its share within the drain deadline.
    let mut other = subscribe(&corner.bus, &topic, Some(&group), StartAt::Earliest).await;
    let ConsumerEvent::Assigned(partitions) = hear(&mut other).await else { panic!("nothing was assigned first") };
    assert_eq!(partitions.len(), 1);
    assert_eq!(hear_values(&mut other, 6000).await, numbers(0..6000));
    // And nothing of what went away is heard by the one who lost it.
    let mut gone = false;
    for _ in 0..6000 {
        match hear(&mut idle).await {
            ConsumerEvent::Revoked(revocation) => {
                assert_eq!(revocation.partitions, partitions);
                gone = true;
            }
            ConsumerEvent::Record(record) => assert!(!gone || !partitions.contains(&record.at)),
            ConsumerEvent::Assigned(_) => {}
        }
    }
    assert!(gone, "it was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_at_the_end_receives_records_published_while_it_joins() {
    let Some(corner) = Corner::open().await else { return };
    let (topic, group) = (corner.day(1).await, corner.name("g"));
    corner.fill(&topic, 0, 0..3).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Latest).await;
    corner.fill(&topic, 0, 3..6).await;
    assert_eq!(hear_values(&mut consumer, 3).await, numbers(3..6));
    // It goes without having committed anything; who comes next, asking for the end too, takes over there.
    drop(consumer);
    corner.fill(&topic, 0, 6..7).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Latest).await;
    assert_eq!(hear_values(&mut consumer, 4).await, numbers(3..7));
    consumer.store(&[next(&topic, 7)]).unwrap();
    consumer.commit().await.unwrap();
    assert_eq!(corner.committed(&group, &topic).await, Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_beyond_the_clients_queue_waits_and_arrives() {
    let Some(corner) = Corner::open().await else { return };
    let topic = corner.day(1).await;
    // More than the 64 MiB that the producer queues.
    let large = "x".repeat(1_000_000);
    let records = (0..90).map(|_| record(&topic, 0, &large)).collect();
    let positions = corner.bus.publish_all(records).await.unwrap();
    let offsets: Vec<_> = positions.iter().map(|position| position.offset).collect();
    assert_eq!(offsets, (0..90).collect::<Vec<_>>());
}
