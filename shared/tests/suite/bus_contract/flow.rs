//! How records flow to a consumer: pauses, dropped futures, lone readers, wake-ups.

use super::{
    BusFixture, PATIENCE,
    member::{Member, text},
    world::{World, on, subscribe},
};
use rtfm_shared::bus::{ConsumerEvent, StartAt, TopicPartition};
use std::{collections::BTreeSet, time::Duration};

/// A paused partition says nothing while the others go on; resumed, it goes on where it was.
pub(crate) async fn a_paused_partition_delivers_nothing_until_resumed<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 2).await, world.name("g"));
    let member = Member::run(world.subscribe(&topic, Some(&group)).await);
    member.owns(2).await;
    world.fill(&topic, 0, 3).await;
    member.hears(3).await;
    let zero = vec![TopicPartition::new(topic.as_str(), 0)];
    member.pause(zero.clone()).await;
    for n in 3..6 {
        world.bus.publish(on(&topic, 0, &n.to_string())).await.expect("published");
    }
    // These are published later, and heard nevertheless, twice over: so the silence is none of waiting.
    for count in [6, 9] {
        world.fill(&topic, 1, 3).await;
        member.hears(count).await;
    }
    member.look(|heard| assert_eq!(heard.records.iter().filter(|record| record.at.partition == 0).count(), 3));
    member.resume(zero).await;
    let of_zero = |heard: &super::member::Received| {
        heard.records.iter().filter(|record| record.at.partition == 0).map(text).collect::<Vec<_>>()
    };
    member.until("the rest of partition 0", |heard| of_zero(heard).iter().any(|value| value == "5")).await;
    assert_eq!(member.look(of_zero), ["0", "1", "2", "3", "4", "5"]);
}

/// Waiting for the next event may be given up at any point; nothing is lost, doubled or out of order.
pub(crate) async fn next_may_be_dropped_at_any_time<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    let mut consumer = world.subscribe(&topic, Some(&world.name("g"))).await;
    let publisher = tokio::spawn({
        let (bus, topic) = (world.bus.clone(), topic.clone());
        async move {
            for n in 0..300 {
                bus.publish(on(&topic, 0, &n.to_string())).await.expect("published");
            }
        }
    });
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let (mut heard, mut dropped, mut turn) = (Vec::new(), 0_u64, 0_u64);
    while heard.len() < 300 {
        assert!(tokio::time::Instant::now() < deadline, "heard {} only", heard.len());
        turn += 1;
        tokio::select! {
            biased;
            // From at once to half a millisecond: the future is dropped in every state that it has.
            () = tokio::time::sleep(Duration::from_micros(turn % 6 * 100)) => dropped += 1,
            event = consumer.next() => if let ConsumerEvent::Record(record) = event.expect("heard") {
                heard.push(text(&record).parse::<usize>().expect("a number"));
            },
        }
    }
    assert_eq!(heard, (0..300).collect::<Vec<_>>());
    assert!(dropped > 0, "the test has tested nothing");
    publisher.await.expect("all published");
}

/// A reader of its own hears every partition from the oldest record on, and what comes while it reads.
pub(crate) async fn a_groupless_reader_receives_everything_from_the_beginning<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 3).await;
    for partition in 0..3 {
        world.fill(&topic, partition, 4).await;
    }
    let reader = Member::run(world.subscribe(&topic, None).await);
    reader.hears(12).await;
    for partition in 0..3 {
        world.bus.publish(on(&topic, partition, "later")).await.expect("published");
    }
    reader.hears(15).await;
    let places: BTreeSet<_> = reader.look(|heard| heard.records.iter().map(|r| (r.at.partition, r.offset)).collect());
    assert_eq!(places.len(), 15);
}

/// A reader at the end hears all that is published once it has subscribed, and nothing older: also before it
/// first asks for anything.
pub(crate) async fn a_groupless_reader_at_the_end_receives_everything_after<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 2).await;
    for partition in 0..2 {
        world.fill(&topic, partition, 3).await;
    }
    let consumer = subscribe(&*world.bus, &topic, None, StartAt::Latest).await;
    for partition in 0..2 {
        world.bus.publish(on(&topic, partition, "first")).await.expect("published");
        world.bus.publish(on(&topic, partition, "second")).await.expect("published");
    }
    let reader = Member::run(consumer);
    reader.hears(4).await;
    for partition in 0..2 {
        let values: Vec<_> = reader
            .look(|heard| heard.records.iter().filter(|record| record.at.partition == partition).map(text).collect());
        assert_eq!(values, ["first", "second"]);
    }
}

/// Two readers without a group both hear everything, and a commit does nothing.
pub(crate) async fn groupless_readers_commit_nothing<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    world.fill(&topic, 0, 3).await;
    for _ in 0..2 {
        let reader = Member::run(world.subscribe(&topic, None).await);
        reader.hears(3).await;
        reader.commit(vec![super::member::next(&topic, 0, 3)]).await.expect("does nothing");
        assert_eq!(reader.close(Vec::new()).await.values(), ["0", "1", "2"]);
    }
}

/// A waiting consumer is woken by what somebody else's client publishes.
pub(crate) async fn records_of_another_client_are_received<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 2).await;
    let member = Member::run(world.subscribe(&topic, Some(&world.name("g"))).await);
    member.owns(2).await;
    let elsewhere = world.fixture.bus().await;
    for n in 0..10 {
        elsewhere.publish(on(&topic, n % 2, &n.to_string())).await.expect("published");
        member.hears(n as usize + 1).await;
    }
    assert_eq!(member.look(super::member::Received::values), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
}
