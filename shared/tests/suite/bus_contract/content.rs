//! What a record carries arrives as it was.

use super::{
    BusFixture,
    member::Member,
    world::{World, bytes, keyed},
};
use bytes::Bytes;
use jiff::Timestamp;
use rtfm_shared::{
    bus::{BusError, Headers, MAX_RECORD_BYTES, OutRecord, Record},
    resilience::{Class, Classify},
};

/// Publishes these and hears them again.
async fn there_and_back<G: BusFixture>(world: &World<G>, topic: &str, records: Vec<OutRecord>) -> Vec<Record> {
    let count = records.len();
    world.bus.publish_all(records).await.expect("published");
    let reader = Member::run(world.subscribe(topic, None).await);
    reader.hears(count).await;
    reader.look(|heard| heard.records.clone())
}

/// Headers keep their order, their duplicates, and every byte of their values.
pub(crate) async fn headers_keep_order_duplicates_and_bytes<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    let mut headers = Headers::default();
    headers.push("z", bytes("last letter first"));
    headers.push("again", bytes("1"));
    headers.push("again", bytes("2"));
    headers.push("empty", Bytes::new());
    headers.push("ünïcode", bytes("größe"));
    headers.push("binary", (0..=255).collect::<Vec<u8>>());
    let with = OutRecord { headers: headers.clone(), ..keyed(&topic, "k", "with") };
    let heard = there_and_back(world, &topic, vec![with, keyed(&topic, "k", "without")]).await;
    assert_eq!(heard[0].headers, headers);
    assert_eq!(heard[1].headers, Headers::default());
}

/// No value is something else than an empty one.
pub(crate) async fn a_tombstone_is_not_an_empty_value<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    let tombstone = OutRecord { value: None, ..keyed(&topic, "k", "") };
    let heard = there_and_back(world, &topic, vec![keyed(&topic, "k", ""), tombstone, keyed(&topic, "k", "x")]).await;
    let values: Vec<_> = heard.into_iter().map(|record| record.value).collect();
    assert_eq!(values, [Some(Bytes::new()), None, Some(bytes("x"))]);
}

/// Bytes that do not compress, the same for the same seed.
fn noise(length: usize, mut seed: u64) -> Bytes {
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// A value of 1,000,000 bytes arrives whole, and so does the largest record that is allowed.
pub(crate) async fn a_million_bytes_arrive_whole<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    let large: Vec<_> = [(1_000_000, 7), (MAX_RECORD_BYTES - 1, 8)]
        .map(|(length, seed)| OutRecord { value: Some(noise(length, seed)), ..keyed(&topic, "k", "") })
        .into();
    assert_eq!(large[1].size(), MAX_RECORD_BYTES);
    let heard = there_and_back(world, &topic, large.clone()).await;
    for (there, back) in large.iter().zip(&heard) {
        assert!(there.value == back.value, "{} bytes came back otherwise", there.size());
    }
}

/// One byte too many is refused for good, with the sizes in the message; what follows is not held up.
pub(crate) async fn an_oversize_record_is_refused_with_a_clear_error<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    let record = OutRecord { value: Some(noise(MAX_RECORD_BYTES, 9)), ..keyed(&topic, "k", "") };
    let error = world.bus.publish(record.clone()).await.expect_err("too large");
    assert!(matches!(error, BusError::TooLarge { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Permanent);
    let said = error.to_string();
    for part in [topic.as_str(), &(MAX_RECORD_BYTES + 1).to_string(), &MAX_RECORD_BYTES.to_string()] {
        assert!(said.contains(part), "{said}");
    }
    let error = world.bus.publish_all(vec![record]).await.expect_err("too large in a batch as well");
    assert!(matches!(error, BusError::TooLarge { .. }), "{error:?}");
    let heard = there_and_back(world, &topic, vec![keyed(&topic, "k", "small")]).await;
    assert_eq!((heard[0].offset, heard[0].value.clone()), (0, Some(bytes("small"))));
}

/// A record's time is when it was published, to the millisecond.
pub(crate) async fn timestamps_are_those_of_publication<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    let before = Timestamp::now().as_millisecond();
    world.bus.publish(keyed(&topic, "k", "x")).await.expect("published");
    let after = Timestamp::now().as_millisecond();
    let heard = there_and_back(world, &topic, vec![keyed(&topic, "k", "y")]).await;
    let at = heard[0].timestamp.as_millisecond();
    assert!((before..=after).contains(&at), "{before} ≤ {at} ≤ {after}");
    assert_eq!(heard[0].timestamp, Timestamp::from_millisecond(at).expect("in range"), "milliseconds and no finer");
}
