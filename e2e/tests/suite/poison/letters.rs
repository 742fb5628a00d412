//! The records on the dead-letter topics, compared with the published ones.

use rtfm_e2e::{PATIENCE, World};
use rtfm_shared::{
    bus::{ConsumerEvent, OutRecord, Position, Record, StartAt, Subscription, topics::dead_letter_topic},
    worker::dead_letter::header,
};
use std::collections::BTreeMap;
use tokio::time::timeout;

/// A reason, and how many have it.
pub(crate) type Reasons = BTreeMap<String, usize>;

/// Checks that exactly these records are dead-lettered, each once, whole and with its provenance.
pub(crate) async fn check(world: &World, topic: &str, bad: &[(OutRecord, Position)]) -> Reasons {
    let letters = read(world, &dead_letter_topic(topic)).await;
    let mut by_origin = BTreeMap::new();
    for letter in &letters {
        let number = |name| text(letter, name).parse::<i64>().unwrap();
        let origin = (number(header::PARTITION), number(header::OFFSET));
        assert!(by_origin.insert(origin, letter).is_none(), "{topic} {origin:?} is dead-lettered twice");
    }
    let mut reasons = Reasons::new();
    for (record, position) in bad {
        let origin = (i64::from(position.partition), position.offset);
        let letter = by_origin.remove(&origin).unwrap_or_else(|| panic!("{topic} {origin:?} is lost: {record:?}"));
        assert_eq!((&letter.key, &letter.value), (&record.key, &record.value), "{topic} {origin:?}");
        let (own, provenance) = letter.headers.0.split_at(record.headers.0.len());
        assert_eq!(own, &record.headers.0[..], "{topic} {origin:?}");
        let names: Vec<&str> = provenance.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, PROVENANCE, "{topic} {origin:?}");
        assert_eq!((text(letter, header::TOPIC), text(letter, header::ATTEMPTS)), (topic, "0"));
        assert!(text(letter, header::SERVICE).starts_with("rtfm/") && !text(letter, header::ERROR).is_empty());
        for instant in [header::TIMESTAMP, header::FAILED_AT] {
            text(letter, instant).parse::<jiff::Timestamp>().unwrap();
        }
        *reasons.entry(text(letter, header::REASON).to_owned()).or_default() += 1;
    }
    assert!(by_origin.is_empty(), "dead-lettered though they are fine: {:?}", by_origin.values());
    reasons
}

const PROVENANCE: [&str; 10] = [
    header::TOPIC,
    header::PARTITION,
    header::OFFSET,
    header::TIMESTAMP,
    header::REASON,
    header::ERROR,
    header::ATTEMPTS,
    header::SERVICE,
    header::VERSION,
    header::FAILED_AT,
];

fn text<'a>(letter: &'a Record, name: &str) -> &'a str {
    letter.headers.text(name).unwrap_or_else(|| panic!("{name} is missing: {:?}", letter.headers))
}

/// Everything that lies on a topic now.
async fn read(world: &World, topic: &str) -> Vec<Record> {
    let [Some(state)] = &world.bus.describe_topics(&[topic]).await.unwrap()[..] else { panic!("{topic} exists") };
    let end: i64 = state.watermarks.iter().map(|(begin, end)| end - begin).sum();
    let subscription = Subscription { topics: vec![topic.to_owned()], group: None, start: StartAt::Earliest };
    let mut reader = world.bus.subscribe(subscription).await.unwrap();
    let mut records = Vec::new();
    while i64::try_from(records.len()).unwrap() < end {
        if let ConsumerEvent::Record(record) = timeout(PATIENCE, reader.next()).await.unwrap().unwrap() {
            records.push(record);
        }
    }
    reader.close().await.unwrap();
    records
}
