//! What is kept: compaction and retention.

use super::{
    BusFixture, PATIENCE,
    member::Member,
    world::{World, keyed, on},
};
use jiff::Timestamp;
use rtfm_shared::{
    bus::{Cleanup, OutRecord, TopicSpec},
    resilience::{Class, Classify},
};
use std::{collections::BTreeMap, time::Duration};

/// On a topic like `bot-settings` a reader that begins at the oldest record ends up with the newest value of every
/// key, before and after compaction, and compaction takes what is outdated.
pub(crate) async fn a_fresh_reader_sees_the_newest_value_of_every_key<G: BusFixture>(world: &World<G>) {
    let spec = TopicSpec { name: "t".to_owned(), partitions: 1, retention: None, cleanup: Cleanup::Compact };
    let topic = world.topic_of(spec).await;
    for round in 0..5 {
        let batch = (0..4).map(|key| keyed(&topic, &format!("key-{key}"), &format!("{key}.{round}"))).collect();
        world.bus.publish_all(batch).await.expect("published");
    }
    let gone = OutRecord { value: None, ..keyed(&topic, "key-0", "") };
    world.bus.publish_all(vec![gone, keyed(&topic, "last", "z")]).await.expect("published");
    let expected = BTreeMap::from([
        ("key-0".to_owned(), None),
        ("key-1".to_owned(), Some("1.4".to_owned())),
        ("key-2".to_owned(), Some("2.4".to_owned())),
        ("key-3".to_owned(), Some("3.4".to_owned())),
        ("last".to_owned(), Some("z".to_owned())),
    ]);
    let (heard, state) = fold(world, &topic).await;
    assert_eq!(state, expected);
    if G::KEEPS_HOUSE {
        assert_eq!(heard.len(), 22, "nothing goes before its time; a broker may compact when it likes");
    }
    world.bus.housekeeping(Timestamp::now()).await.expect("kept house");
    let (heard, state) = fold(world, &topic).await;
    assert_eq!(state, expected, "compaction changes nothing that counts");
    if G::KEEPS_HOUSE {
        assert_eq!(heard, [17, 18, 19, 20, 21], "one record a key, under the offset it always had");
    }
    let next = world.bus.publish(keyed(&topic, "key-1", "new")).await.expect("published");
    assert_eq!(next.offset, 22, "offsets are never used again");
}

/// Compaction goes by keys. Trying again helps nobody, so the error is permanent and says what to do.
pub(crate) async fn a_compacted_topic_rejects_a_record_without_a_key<G: BusFixture>(world: &World<G>) {
    let spec = TopicSpec { name: "t".to_owned(), partitions: 1, retention: None, cleanup: Cleanup::Compact };
    let topic = world.topic_of(spec).await;
    let error = world.bus.publish(on(&topic, 0, "keyless")).await.expect_err("it has no key");
    assert_eq!(error.class(), Class::Permanent, "{error:?}");
    let said = error.to_string();
    assert!(said.contains(&topic) && said.contains("compacted topic needs a key"), "{said}");
    let position = world.bus.publish(keyed(&topic, "", "an empty key is a key")).await.expect("published");
    assert_eq!(position.partition, 0, "and the bus goes on");
}

/// The offsets on the topic, and the newest value of every key.
async fn fold<G: BusFixture>(world: &World<G>, topic: &str) -> (Vec<i64>, BTreeMap<String, Option<String>>) {
    let text = |bytes: &bytes::Bytes| String::from_utf8(bytes.to_vec()).expect("text");
    let reader = Member::run(world.subscribe(topic, None).await);
    reader.until("the last key", |heard| heard.records.iter().any(|r| r.key.as_deref() == Some(b"last"))).await;
    reader.look(|heard| {
        let offsets = heard.records.iter().map(|record| record.offset).collect();
        let state = heard
            .records
            .iter()
            .map(|record| (record.key.as_ref().map(text).expect("a key"), record.value.as_ref().map(text)));
        (offsets, state.collect())
    })
}

/// Records over their retention go and the beginning moves; younger ones stay, and no offset is used again.
pub(crate) async fn old_records_are_deleted_and_new_ones_stay<G: BusFixture>(world: &World<G>) {
    let hour = Duration::from_secs(3600);
    let spec = TopicSpec { name: "t".to_owned(), partitions: 2, retention: Some(hour), cleanup: Cleanup::Delete };
    let topic = world.topic_of(spec).await;
    world.fill(&topic, 0, 3).await;
    let old = Timestamp::now();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while Timestamp::now().as_millisecond() <= old.as_millisecond() + 1 {
        assert!(tokio::time::Instant::now() < deadline, "the clock stands still");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    world.bus.publish(on(&topic, 0, "young")).await.expect("published");
    let watermarks = async || {
        let states = world.bus.describe_topics(&[&topic]).await.expect("described");
        states.into_iter().flatten().next().expect("it exists").watermarks
    };
    world.bus.housekeeping(Timestamp::now()).await.expect("kept house");
    assert_eq!(watermarks().await, [(0, 4), (0, 0)], "nothing is old yet");
    if !G::KEEPS_HOUSE {
        return;
    }
    let later = Timestamp::from_millisecond(old.as_millisecond() + 1 + 3_600_000).expect("in range");
    world.bus.housekeeping(later).await.expect("kept house");
    assert_eq!(watermarks().await, [(3, 4), (0, 0)]);
    let reader = Member::run(world.subscribe(&topic, None).await);
    reader.hears(1).await;
    assert_eq!(reader.look(super::member::Received::values), ["young"]);
    let much_later = Timestamp::from_millisecond(later.as_millisecond() + 3_600_000).expect("in range");
    world.bus.housekeeping(much_later).await.expect("kept house");
    assert_eq!(watermarks().await, [(4, 4), (0, 0)]);
    let next = world.bus.publish(on(&topic, 0, "again")).await.expect("published");
    assert_eq!(next.offset, 4, "offsets are never used again");
}
