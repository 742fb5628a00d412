//! Groups: the finer points.

use super::{PATIENCE, bus_with, event, member, out, record, spec, text};
use crate::bus::{Bus, BusError, ConsumerEvent, LocalBus, NextOffset, StartAt, TopicPartition};
use std::time::Duration;

#[tokio::test]
async fn a_group_at_the_end_keeps_its_beginning_when_its_first_member_dies() {
    let (_directory, bus) = bus_with("t", 1).await;
    bus.publish(out("t", 0, "before")).await.unwrap();
    let mut first = member(&bus, "t", StartAt::Latest).await;
    bus.publish(out("t", 0, "one")).await.unwrap();
    assert_eq!(text(&record(&mut first).await), "one");
    bus.publish(out("t", 0, "two")).await.unwrap();
    drop(first);
    let mut second = member(&bus, "t", StartAt::Latest).await;
    assert_eq!(text(&record(&mut second).await), "one", "it was not committed");
    assert_eq!(text(&record(&mut second).await), "two");
}

#[tokio::test]
async fn a_member_that_misses_the_handover_deadline_is_fenced() {
    let directory = tempfile::tempdir().unwrap();
    let bus = LocalBus::open_with(directory.path(), Duration::from_millis(100)).unwrap();
    bus.create_topics(&[spec("t", 2)]).await.unwrap();
    bus.publish_all((0..2).map(|partition| out("t", partition, "x")).collect()).await.unwrap();
    let mut slow = member(&bus, "t", StartAt::Earliest).await;
    for _ in 0..2 {
        record(&mut slow).await;
    }
    let mut eager = member(&bus, "t", StartAt::Earliest).await;
    let ConsumerEvent::Revoked(kept) = event(&mut slow).await else { panic!("a revocation comes first") };
    assert!(!kept.lost);
    // It does not drop the revocation, and still the other gets the partition.
    let again = record(&mut eager).await;
    assert_eq!(vec![again.at.clone()], kept.partitions);
    let ConsumerEvent::Revoked(lost) = event(&mut slow).await else { panic!("it learns of it") };
    assert!(lost.lost && lost.done.is_none());
    assert_eq!(lost.partitions, kept.partitions);
    slow.store(&[NextOffset { at: again.at.clone(), offset: 1 }]).unwrap();
    slow.commit().await.unwrap();
    drop(kept);
    let lag = bus.lag("g", "t").await.unwrap();
    assert_eq!(lag[again.at.partition as usize].committed, None, "what is not its own it cannot commit");
    eager.store(&[NextOffset { at: again.at.clone(), offset: 1 }]).unwrap();
    eager.commit().await.unwrap();
    let lag = bus.lag("g", "t").await.unwrap();
    assert_eq!(lag[again.at.partition as usize].committed, Some(1));
}

#[tokio::test]
async fn a_member_that_has_not_yet_heard_of_its_loss_cannot_commit() {
    let directory = tempfile::tempdir().unwrap();
    let bus = LocalBus::open_with(directory.path(), Duration::from_millis(50)).unwrap();
    bus.create_topics(&[spec("t", 1)]).await.unwrap();
    bus.publish(out("t", 0, "x")).await.unwrap();
    let mut slow = member(&bus, "t", StartAt::Earliest).await;
    let done = NextOffset { at: record(&mut slow).await.at, offset: 1 };
    // Another takes the partition by force while this one does not listen.
    bus.inner
        .writer
        .write(|connection| Ok(connection.execute("UPDATE assignments SET owner = 'another', epoch = epoch + 1", [])?))
        .await
        .unwrap();
    slow.store(&[done]).unwrap();
    slow.commit().await.unwrap();
    assert_eq!(bus.lag("g", "t").await.unwrap()[0].committed, None);
}

#[tokio::test]
async fn a_topic_deleted_under_a_consumer_is_lost_and_then_an_error() {
    let (_directory, bus) = bus_with("t", 1).await;
    bus.publish(out("t", 0, "x")).await.unwrap();
    let mut consumer = member(&bus, "t", StartAt::Earliest).await;
    record(&mut consumer).await;
    bus.delete_topics(&["t"]).await.unwrap();
    bus.create_topics(&[spec("t", 1)]).await.unwrap();
    let ConsumerEvent::Revoked(lost) = event(&mut consumer).await else { panic!("its partition is lost") };
    assert!(lost.lost);
    assert_eq!(lost.partitions, [TopicPartition::new("t", 0)]);
    for _ in 0..2 {
        let error = tokio::time::timeout(PATIENCE, consumer.next()).await.unwrap().unwrap_err();
        assert!(matches!(error, BusError::UnknownTopic(topic) if topic == "t"));
    }
    // The topic of the same name begins anew, for the group as well.
    bus.publish(out("t", 0, "anew")).await.unwrap();
    let mut next = member(&bus, "t", StartAt::Earliest).await;
    assert_eq!(text(&record(&mut next).await), "anew");
}

#[tokio::test]
async fn a_subscription_given_up_half_way_leaves_no_member() {
    let (_directory, bus) = bus_with("t", 1).await;
    for polls in 0..3 {
        let mut subscribing = Box::pin(member(&bus, "t", StartAt::Earliest));
        for _ in 0..polls {
            let _ = futures::poll!(&mut subscribing);
        }
        drop(subscribing);
    }
    // Everything before this has been written when it returns.
    bus.health().await.unwrap();
    assert_eq!(bus.members("g", "t").await.unwrap(), 0);
}

#[tokio::test]
async fn members_that_want_different_topics_each_get_their_own() {
    let (_directory, bus) = bus_with("one", 2).await;
    bus.create_topics(&[spec("two", 1)]).await.unwrap();
    let mut first = member(&bus, "one", StartAt::Earliest).await;
    let mut second = member(&bus, "two", StartAt::Earliest).await;
    for (consumer, topic, count) in [(&mut first, "one", 2), (&mut second, "two", 1)] {
        let ConsumerEvent::Assigned(partitions) = event(consumer).await else { panic!("partitions") };
        assert_eq!(partitions.len(), count);
        assert!(partitions.iter().all(|at| &*at.topic == topic));
    }
}
