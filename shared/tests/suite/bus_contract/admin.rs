//! Topics made, described, listed and deleted; how far a group is.

use super::{
    BusFixture, PATIENCE,
    member::{Member, next},
    world::{World, keyed},
};
use rtfm_shared::bus::{BusError, Cleanup, Drift, StartAt, Subscription, TopicSpec, verify};
use std::time::Duration;

fn spec(name: &str, partitions: i32) -> TopicSpec {
    let retention = Some(Duration::from_secs(3600));
    TopicSpec { name: name.to_owned(), partitions, retention, cleanup: Cleanup::Delete }
}

fn is_unknown<T: std::fmt::Debug>(result: Result<T, BusError>, topic: &str) {
    match result {
        Err(BusError::UnknownTopic(named)) => assert_eq!(named, topic),
        other => panic!("{other:?}"),
    }
}

/// Nothing makes a topic by the way: whatever touches one that is not there says so.
pub(crate) async fn an_unknown_topic_is_an_error<G: BusFixture>(world: &World<G>) {
    let topic = world.name("nowhere");
    is_unknown(world.bus.publish(keyed(&topic, "k", "x")).await, &topic);
    for group in [None, Some(world.name("g"))] {
        let there = world.topic(&format!("there-{}", group.is_some()), 1).await;
        let wanted = Subscription { topics: vec![there, topic.clone()], group, start: StartAt::Earliest };
        is_unknown(world.bus.subscribe(wanted).await.map(|_| ()), &topic);
    }
    is_unknown(world.bus.lag("g", &topic).await, &topic);
    is_unknown(world.bus.delete_topics(&[&topic]).await, &topic);
    assert_eq!(world.bus.describe_topics(&[&topic]).await.expect("described"), [None]);
}

/// Topics that exist are left as they are; only new ones are created and named.
pub(crate) async fn creating_is_idempotent<G: BusFixture>(world: &World<G>) {
    let (one, other) = (world.name("one"), world.name("other"));
    assert_eq!(world.bus.create_topics(&[spec(&one, 2)]).await.expect("created"), std::slice::from_ref(&one));
    world.fill(&one, 0, 3).await;
    let both = [spec(&one, 5), spec(&other, 1)];
    assert_eq!(world.bus.create_topics(&both).await.expect("created"), std::slice::from_ref(&other));
    assert!(world.bus.create_topics(&both).await.expect("nothing to do").is_empty());
    let states = world.bus.describe_topics(&[&one, &other]).await.expect("described");
    assert_eq!(states[0].as_ref().expect("it exists").watermarks, [(0, 3), (0, 0)]);
    assert_eq!(states[1].as_ref().expect("it exists").partitions, 1);
}

/// A topic is as its specification said, and the answers stand in the order of the questions.
pub(crate) async fn a_topic_is_described_as_created<G: BusFixture>(world: &World<G>) {
    let kept = world.topic_of(spec("kept", 3)).await;
    let compacted = TopicSpec { retention: None, cleanup: Cleanup::Compact, ..spec("compacted", 1) };
    let compacted = world.topic_of(compacted).await;
    let nowhere = world.name("nowhere");
    let states = world.bus.describe_topics(&[&compacted, &nowhere, &kept]).await.expect("described");
    let [Some(first), None, Some(last)] = states.as_slice() else { panic!("{states:?}") };
    assert_eq!((first.name.as_str(), first.partitions, first.cleanup), (compacted.as_str(), 1, Cleanup::Compact));
    assert_eq!(first.retention_ms, None);
    assert_eq!((last.name.as_str(), last.partitions, last.cleanup), (kept.as_str(), 3, Cleanup::Delete));
    assert_eq!(last.retention_ms, Some(3_600_000));
    assert!(last.replication >= 1);
    assert_eq!(last.watermarks, [(0, 0), (0, 0), (0, 0)]);
}

/// Waits until the topics with this test's names are these.
async fn lists<G: BusFixture>(world: &World<G>, expected: &[&String]) {
    let own = world.name("");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let all = world.bus.list_topics().await.expect("listed");
        assert!(all.is_sorted(), "{all:?}");
        assert!(!all.iter().any(|name| name.starts_with("__")), "internal topics are left out: {all:?}");
        let found: Vec<_> = all.iter().filter(|name| name.starts_with(&own)).collect();
        if found == expected {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{found:?} instead of {expected:?}");
        // A broker's deletion takes effect a moment after it is acknowledged.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Deleted topics are gone with their records; one that is made anew under the name begins empty.
pub(crate) async fn topics_are_listed_and_deleted<G: BusFixture>(world: &World<G>) {
    let (a, b) = (world.topic("a", 1).await, world.topic("b", 2).await);
    lists(world, &[&a, &b]).await;
    world.fill(&a, 0, 3).await;
    world.fill(&b, 1, 2).await;
    world.bus.delete_topics(&[&a]).await.expect("deleted");
    lists(world, &[&b]).await;
    let states = world.bus.describe_topics(&[&a, &b]).await.expect("described");
    assert_eq!(states[0], None);
    assert_eq!(states[1].as_ref().expect("untouched").watermarks, [(0, 0), (0, 2)]);
    let again = world.topic("a", 1).await;
    assert_eq!(again, a);
    let states = world.bus.describe_topics(&[&a]).await.expect("described");
    assert_eq!(states[0].as_ref().expect("made anew").watermarks, [(0, 0)]);
}

/// What was created as the catalogue has it shows no drift; whatever differs is named.
pub(crate) async fn drift_from_the_catalogue_is_detected<G: BusFixture>(world: &World<G>) {
    let compacted = TopicSpec { retention: None, cleanup: Cleanup::Compact, ..spec(&world.name("compacted"), 1) };
    let made = [spec(&world.name("kept"), 2), compacted.clone()];
    let kept = made[0].name.clone();
    world.bus.create_topics(&made).await.expect("created");
    assert_eq!(verify(&*world.bus, &made).await.expect("verified"), []);
    let absent = spec(&world.name("absent"), 1);
    let wanted = [
        absent.clone(),
        TopicSpec { partitions: 3, retention: Some(Duration::from_secs(60)), ..made[0].clone() },
        TopicSpec { retention: Some(Duration::from_secs(60)), cleanup: Cleanup::Delete, ..compacted.clone() },
    ];
    let mut drifts = verify(&*world.bus, &wanted).await.expect("verified");
    // Where records go one by one, none stays longer than the retention.
    drifts.retain(|drift| !matches!(drift, Drift::CleanupDelay { .. }));
    assert_eq!(
        drifts,
        [
            Drift::Missing { topic: absent.name },
            Drift::Partitions { topic: kept.clone(), expected: 3, found: 2 },
            Drift::Retention { topic: kept, expected: Some(60_000), found: Some(3_600_000) },
            Drift::Cleanup { topic: compacted.name, expected: Cleanup::Delete, found: Cleanup::Compact },
        ]
    );
    world.bus.repair_topics(&wanted[1..]).await.expect("repaired");
    let left = verify(&*world.bus, &wanted).await.expect("verified");
    assert_eq!(left, drifts[..2], "a repair makes no topics and moves no keys");
    is_unknown(world.bus.repair_topics(&wanted).await, drifts[0].topic());
}

/// Lag is the distance from what is committed, or from the oldest record, to the end.
pub(crate) async fn watermarks_and_lag_follow_the_records<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 2).await, world.name("g"));
    world.fill(&topic, 0, 5).await;
    world.fill(&topic, 1, 2).await;
    let states = world.bus.describe_topics(&[&topic]).await.expect("described");
    assert_eq!(states[0].as_ref().expect("it exists").watermarks, [(0, 5), (0, 2)]);
    let marks = world.bus.watermarks(&["nowhere", &topic]).await.expect("told");
    assert_eq!(marks, [None, Some(vec![(0, 5), (0, 2)])]);
    let lag = world.bus.lag(&group, &topic).await.expect("lag");
    assert_eq!(
        lag.iter().map(|lag| (lag.committed, lag.begin, lag.end)).collect::<Vec<_>>(),
        [(None, 0, 5), (None, 0, 2)]
    );
    assert_eq!(lag.iter().map(rtfm_shared::bus::Lag::records).collect::<Vec<_>>(), [5, 2]);
    let member = Member::run(world.subscribe(&topic, Some(&group)).await);
    member.hears(7).await;
    member.commit(vec![next(&topic, 0, 3), next(&topic, 1, 2)]).await.expect("committed");
    let lag = world.bus.lag(&group, &topic).await.expect("lag");
    assert_eq!(
        lag.iter().map(|lag| (lag.at.partition, lag.committed, lag.records())).collect::<Vec<_>>(),
        [(0, Some(3), 2), (1, Some(2), 0)]
    );
}

/// A bus that can be used says so.
pub(crate) async fn a_usable_bus_is_healthy<G: BusFixture>(world: &World<G>) {
    world.bus.health().await.expect("healthy");
}
