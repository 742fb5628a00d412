//! Partitions, keys and order.

use super::{
    BusFixture,
    member::{Member, text},
    world::{World, bytes, keyed, on},
};
use rtfm_shared::bus::{BusError, OutRecord, Position, Record};
use std::collections::HashMap;

/// The values of every key, in the order in which they were heard; each key on one partition, offsets ascending.
fn by_key(records: &[Record]) -> HashMap<String, Vec<usize>> {
    let mut values: HashMap<String, Vec<usize>> = HashMap::new();
    let mut homes = HashMap::new();
    let mut newest = HashMap::new();
    for record in records {
        let key = String::from_utf8(record.key.clone().expect("a key").to_vec()).expect("text");
        let home = homes.entry(key.clone()).or_insert(record.at.partition);
        assert_eq!(*home, record.at.partition, "key {key} lies on two partitions");
        let before = newest.insert(record.at.partition, record.offset);
        assert!(before.is_none_or(|before| before < record.offset), "offsets of {} go back", record.at);
        values.entry(key).or_default().push(text(record).parse().expect("a number"));
    }
    values
}

/// Records with the same key are heard as they were published, at the places that publishing named.
pub(crate) async fn keeps_the_order_within_a_key<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 3).await;
    let mut places = HashMap::new();
    for n in 0..30 {
        for key in ["ana", "ben", "cleo", "dan"] {
            let Position { partition, offset } =
                world.bus.publish(keyed(&topic, key, &n.to_string())).await.expect("published");
            places.insert((partition, offset), key);
        }
    }
    let reader = Member::run(world.subscribe(&topic, None).await);
    reader.hears(120).await;
    reader.look(|heard| {
        assert_eq!(heard.records.len(), 120);
        for values in by_key(&heard.records).values() {
            assert_eq!(*values, (0..30).collect::<Vec<_>>());
        }
        for record in &heard.records {
            let key = places.remove(&(record.at.partition, record.offset)).expect("a place that publishing named");
            assert_eq!(record.key.as_deref(), Some(key.as_bytes()));
        }
    });
}

/// Many publishers at once, each with a key of its own: nothing is lost, doubled or out of order.
pub(crate) async fn takes_many_keys_at_once<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 4).await;
    let publishers = (0..40).map(|key| {
        let (bus, topic) = (world.bus.clone(), topic.clone());
        tokio::spawn(async move {
            for n in 0..25 {
                bus.publish(keyed(&topic, &format!("key-{key}"), &n.to_string())).await.expect("published");
            }
        })
    });
    futures::future::try_join_all(publishers.collect::<Vec<_>>()).await.expect("every publisher ends well");
    let reader = Member::run(world.subscribe(&topic, None).await);
    reader.hears(1000).await;
    let keys = reader.look(|heard| by_key(&heard.records));
    assert_eq!(keys.len(), 40);
    assert!(keys.values().all(|values| *values == (0..25).collect::<Vec<_>>()), "{keys:?}");
}

/// A batch is published in the order in which it was given.
pub(crate) async fn publish_all_keeps_the_order_given<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 3).await;
    let batch = (0..600).map(|n| keyed(&topic, ["a", "b", "c"][n % 3], &n.to_string())).collect();
    let positions = world.bus.publish_all(batch).await.expect("published");
    assert_eq!(positions.len(), 600);
    let reader = Member::run(world.subscribe(&topic, None).await);
    reader.hears(600).await;
    reader.look(|heard| {
        for values in by_key(&heard.records).values() {
            assert!(values.is_sorted(), "{values:?}");
        }
        for record in &heard.records {
            let n: usize = text(record).parse().expect("a number");
            assert_eq!(positions[n], Position { partition: record.at.partition, offset: record.offset });
        }
    });
    assert!(world.bus.publish_all(Vec::new()).await.expect("nothing is easily published").is_empty());
}

/// The test vectors of Kafka's own Java client for its murmur2.
const MURMUR2: [(&str, i32); 6] = [
    ("21", -973_932_308),
    ("foobar", -790_332_482),
    ("a-little-bit-long-string", -985_981_536),
    ("a-little-bit-longer-string", -1_486_304_829),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    ("abc", 479_470_107),
];

/// Any Kafka client that publishes the same key meets the same partition.
pub(crate) async fn a_key_lands_where_kafkas_own_clients_put_it<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 31).await;
    for (key, hash) in MURMUR2 {
        let position = world.bus.publish(keyed(&topic, key, "x")).await.expect("published");
        assert_eq!(position.partition, (hash & 0x7fff_ffff) % 31, "key {key}");
    }
}

/// A record may name its partition, whatever its key.
pub(crate) async fn an_explicit_partition_is_used<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 3).await;
    for partition in [2, 0, 1] {
        for offset in 0..3 {
            let record = OutRecord { key: Some(bytes("same")), ..on(&topic, partition, "x") };
            let position = world.bus.publish(record).await.expect("published");
            assert_eq!(position, Position { partition, offset });
        }
    }
}

/// A partition that the topic does not have is refused, and nothing is written elsewhere.
pub(crate) async fn an_unknown_partition_is_rejected<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 2).await;
    for partition in [2, -3] {
        match world.bus.publish(on(&topic, partition, "x")).await {
            Err(BusError::UnknownPartition { topic: named, partition: refused }) => {
                assert_eq!((named, refused), (topic.clone(), partition));
            }
            other => panic!("{other:?}"),
        }
    }
    let states = world.bus.describe_topics(&[&topic]).await.expect("described");
    assert_eq!(states[0].as_ref().expect("it exists").watermarks, [(0, 0), (0, 0)]);
}

/// A record without a key goes to some partition and has no key when it is heard; an empty key is a key.
pub(crate) async fn records_without_a_key_are_received_without_one<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 3).await;
    for n in 0..20 {
        let record = OutRecord { key: None, ..keyed(&topic, "", &n.to_string()) };
        world.bus.publish(record).await.expect("published");
    }
    world.bus.publish(keyed(&topic, "", "empty")).await.expect("published");
    let reader = Member::run(world.subscribe(&topic, None).await);
    reader.hears(21).await;
    reader.look(|heard| {
        for record in &heard.records {
            let expected = (text(record) == "empty").then(|| bytes(""));
            assert_eq!(record.key, expected, "{}", text(record));
        }
    });
}
