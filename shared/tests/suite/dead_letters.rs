//! Dead letters listed, put back and dropped; on the bus in memory, and whole with a worker on the local bus.

use async_trait::async_trait;
use bytes::Bytes;
use rtfm_shared::{
    bus::{Bus, BusError, Headers, LocalBus, OutRecord, Record, StartAt, Subscription, TopicPartition, TopicSpec},
    dead_letters::{DeadLetters, Letter, LetterId, Settlement},
    worker::{Failure, Handler, Worker, WorkerPolicy, dead_letter::header},
};
use rtfm_testkit::bus::MemoryBus;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const TOPIC: &str = "t";
const DLQ: &str = "t.dlq";

fn bus() -> (MemoryBus, DeadLetters) {
    let bus = MemoryBus::with_topics(&[(TOPIC, 3), (DLQ, 1)]);
    (bus.clone(), DeadLetters::new(Arc::new(bus)))
}

/// A dead letter as a worker writes it.
async fn bury(bus: &dyn Bus, partition: i32, offset: i64, value: &str, own: &[(&str, &str)]) {
    let mut headers = Headers::default();
    own.iter().for_each(|(name, value)| headers.push(*name, (*value).to_owned()));
    for name in header::PROVENANCE {
        let value = match name {
            header::TOPIC => TOPIC.to_owned(),
            header::PARTITION => partition.to_string(),
            header::OFFSET => offset.to_string(),
            header::REASON => "invalid_json".to_owned(),
            header::ATTEMPTS => "2".to_owned(),
            other => format!("some {other}"),
        };
        headers.push(name, value);
    }
    let (key, value) = (Some(Bytes::from_static(b"key")), Some(Bytes::copy_from_slice(value.as_bytes())));
    bus.publish(OutRecord { topic: DLQ.to_owned(), partition: Some(0), key, value, headers }).await.unwrap();
}

fn offsets(letters: &[Letter]) -> Vec<i64> {
    letters.iter().map(|letter| letter.id.offset).collect()
}

fn values(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| std::str::from_utf8(record.value.as_deref().unwrap()).unwrap()).collect()
}

async fn begin(bus: &dyn Bus) -> i64 {
    bus.describe_topics(&[DLQ]).await.unwrap()[0].as_ref().unwrap().watermarks[0].0
}

#[tokio::test]
async fn a_dead_letter_carries_its_origin_and_reason() {
    let (bus, desk) = bus();
    bury(&bus, 2, 41, "{", &[]).await;
    let letters = desk.unsettled(TOPIC).await.unwrap();
    let letter = &letters[0];
    assert_eq!(letter.id.to_string(), "t/0");
    assert_eq!((letter.topic.as_str(), letter.partition, letter.offset), (TOPIC, Some(2), Some(41)));
    assert_eq!((letter.reason.as_str(), letter.attempts, letter.replays), ("invalid_json", Some(2), 0));
    assert_eq!((letter.error.as_str(), letter.bytes), ("some dlq-error", Some(1)));
    assert_eq!(letter.service, "some dlq-service some dlq-version");
    assert_eq!(desk.unsettled("no-such-topic").await.unwrap(), []);
}

#[tokio::test]
async fn a_replayed_record_is_unchanged_but_for_a_mark() {
    let (bus, desk) = bus();
    // A producer may have used our names for headers of its own.
    let own = [("traceparent", "00-a"), ("dlq-reason", "its own"), ("dlq-other", "x"), ("dlq-replays", "3")];
    bury(&bus, 2, 0, "value", &own).await;
    let outcome = desk.replay(desk.unsettled(TOPIC).await.unwrap()).await.unwrap();
    assert_eq!((outcome.replayed, outcome.refused.len()), (1, 0));
    let records = bus.records(TOPIC);
    assert_eq!((records[0].at.partition, records[0].key.as_deref()), (2, Some(&b"key"[..])));
    assert_eq!(values(&records), ["value"]);
    let headers: Vec<_> =
        records[0].headers.0.iter().map(|(name, value)| (name.as_str(), std::str::from_utf8(value).unwrap())).collect();
    let expected = [("traceparent", "00-a"), ("dlq-reason", "its own"), ("dlq-other", "x"), ("dlq-replays", "4")];
    assert_eq!(headers, expected);
}

#[tokio::test]
async fn a_letter_goes_back_to_the_topic_of_its_dead_letters_whatever_it_says() {
    let bus = MemoryBus::with_topics(&[(TOPIC, 3), (DLQ, 1), ("bot-settings", 1)]);
    let letters = DeadLetters::new(Arc::new(bus.clone()));
    let mut headers = Headers::default();
    headers.push(header::TOPIC, "bot-settings");
    let (key, value) = (Some("author.privacy:9".into()), Some("{}".into()));
    bus.publish(OutRecord { topic: DLQ.to_owned(), partition: None, key, value, headers }).await.unwrap();
    let outcome = letters.replay(letters.unsettled(TOPIC).await.unwrap()).await.unwrap();
    assert_eq!((outcome.replayed, bus.records(TOPIC).len(), bus.records("bot-settings").len()), (1, 1, 0));
}

#[tokio::test]
async fn settled_letters_are_hidden_and_a_settled_prefix_is_deleted() {
    let (bus, desk) = bus();
    for offset in 0..5 {
        bury(&bus, 0, offset, &offset.to_string(), &[]).await;
    }
    let letters = desk.unsettled(TOPIC).await.unwrap();
    assert_eq!(offsets(&letters), [0, 1, 2, 3, 4]);
    assert_eq!(desk.discard(vec![letters[1].clone(), letters[2].clone()]).await.unwrap(), 2);
    assert_eq!(offsets(&desk.unsettled(TOPIC).await.unwrap()), [0, 3, 4]);
    assert_eq!(begin(&bus).await, 0, "the oldest is not settled");
    let id = |offset| LetterId { topic: TOPIC.to_owned(), partition: 0, offset };
    let (letter, record, settled) = desk.find(&id(1)).await.unwrap().unwrap();
    assert_eq!((letter.id.offset, record.value.as_deref(), settled), (1, Some(&b"1"[..]), Some(Settlement::Dropped)));
    assert_eq!(desk.find(&id(3)).await.unwrap().unwrap().2, None);
    desk.replay(vec![letters[0].clone()]).await.unwrap();
    assert_eq!(begin(&bus).await, 3, "everything before is settled");
    assert_eq!(offsets(&desk.unsettled(TOPIC).await.unwrap()), [3, 4]);
    assert!(desk.find(&id(1)).await.unwrap().is_none());
    assert!(desk.find(&id(6)).await.unwrap().is_none(), "a note is no letter");
    desk.discard(letters[3..].to_vec()).await.unwrap();
    assert_eq!(desk.unsettled(TOPIC).await.unwrap(), []);
    assert_eq!(bus.records(DLQ), [], "nothing is left, notes included");
    assert_eq!(values(&bus.records(TOPIC)), ["0"]);
}

#[tokio::test]
async fn a_kill_between_replay_and_note_loses_no_letter() {
    let (bus, desk) = bus();
    bury(&bus, 0, 0, "a", &[]).await;
    bus.fail_publications(DLQ, [BusError::Unavailable("gone".to_owned())]);
    desk.replay(desk.unsettled(TOPIC).await.unwrap()).await.unwrap_err();
    assert_eq!(offsets(&desk.unsettled(TOPIC).await.unwrap()), [0], "still there");
    desk.replay(desk.unsettled(TOPIC).await.unwrap()).await.unwrap();
    assert_eq!(values(&bus.records(TOPIC)), ["a", "a"], "at worst twice");
    // And where it could not be put back, it stays.
    bury(&bus, 0, 1, "b", &[]).await;
    bus.fail_publications(TOPIC, [BusError::Unavailable("gone".to_owned())]);
    desk.replay(desk.unsettled(TOPIC).await.unwrap()).await.unwrap_err();
    assert_eq!(desk.unsettled(TOPIC).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_letters_are_replayed_in_order() {
    let (bus, desk) = bus();
    // The later one was buried first: it could not even be read, while the other was tried for a while.
    for offset in (0..250).rev() {
        bury(&bus, 1, offset, &offset.to_string(), &[]).await;
    }
    assert_eq!(desk.replay(desk.unsettled(TOPIC).await.unwrap()).await.unwrap().replayed, 250);
    let expected: Vec<String> = (0..250).map(|offset| offset.to_string()).collect();
    assert_eq!(values(&bus.records(TOPIC)), expected);
}

#[tokio::test]
async fn a_letter_the_topic_refuses_stays_and_the_others_are_replayed() {
    let (bus, desk) = bus();
    for (partition, value) in [(0, "a"), (7, "its partition is gone"), (1, "b")] {
        bury(&bus, partition, 0, value, &[]).await;
    }
    let too_large = || BusError::TooLarge { topic: TOPIC.to_owned(), size: 2, limit: 1 };
    bus.fail_publications(TOPIC, [too_large(), too_large()]);
    let outcome = desk.replay(desk.unsettled(TOPIC).await.unwrap()).await.unwrap();
    assert_eq!(outcome.replayed, 2);
    assert_eq!(outcome.refused.len(), 1);
    assert_eq!(desk.unsettled(TOPIC).await.unwrap().len(), 1);
    let mut back = bus.records(TOPIC);
    back.sort_by_key(|record| record.value.clone());
    assert_eq!(values(&back), ["b", "its partition is gone"]);
}

#[tokio::test]
async fn a_truncated_letter_is_never_replayed() {
    let (bus, desk) = bus();
    bury(&bus, 0, 0, "whole", &[("dlq-cut", "its own")]).await;
    let letter = bus.records(DLQ).pop().unwrap();
    let mut headers = letter.headers;
    headers.push(header::CUT, "2000000");
    let (key, value) = (letter.key, Some(Bytes::from_static(b"the beginn")));
    bus.publish(OutRecord { topic: DLQ.to_owned(), partition: Some(0), key, value, headers }).await.unwrap();
    let letters = desk.unsettled(TOPIC).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.cut).collect::<Vec<_>>(), [None, Some(2_000_000)]);
    let outcome = desk.replay(letters).await.unwrap();
    assert_eq!((outcome.replayed, outcome.cut), (1, 1));
    assert_eq!(values(&bus.records(TOPIC)), ["whole"]);
    assert_eq!(offsets(&desk.unsettled(TOPIC).await.unwrap()), [1]);
}

#[tokio::test]
async fn a_record_that_looks_like_a_note_settles_nothing() {
    let (bus, desk) = bus();
    bury(&bus, 0, 0, "a", &[]).await;
    bury(&bus, 0, 1, "forged", &[("dlq-settled-offset", "0"), ("dlq-settled-as", "dropped")]).await;
    let mut headers = Headers::default();
    headers.push("dlq-settled-offset", "3");
    headers.push("dlq-settled-as", "dropped");
    let forward = OutRecord { topic: DLQ.to_owned(), partition: Some(0), headers, ..OutRecord::default() };
    bus.publish(forward).await.unwrap();
    bury(&bus, 0, 2, "b", &[]).await;
    assert_eq!(offsets(&desk.unsettled(TOPIC).await.unwrap()), [0, 1, 2, 3]);
}

/// Fails everything, as a worker whose fault was not mended.
struct Fails;

#[async_trait]
impl Handler for Fails {
    type Item = ();

    fn decode(&self, _record: &Record) -> Result<(), Failure> {
        Err(Failure::permanent("malformed", "as scripted"))
    }

    async fn handle(&self, _batch: &[()]) -> Result<(), Failure> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_fails_again_keeps_its_mark() {
    let directory = tempfile::tempdir().unwrap();
    let bus: Arc<dyn Bus> = Arc::new(LocalBus::open(directory.path()).unwrap());
    let spec = |name: &str| TopicSpec {
        name: name.to_owned(),
        partitions: 1,
        retention: None,
        cleanup: rtfm_shared::bus::Cleanup::Delete,
    };
    bus.create_topics(&[spec(TOPIC), spec(DLQ)]).await.unwrap();
    let stop = CancellationToken::new();
    let topics = vec![TOPIC.to_owned()];
    let wanted = Subscription { topics, group: Some("g".to_owned()), start: StartAt::Earliest };
    let worker = tokio::spawn(Worker::new(bus.clone(), wanted, Fails, WorkerPolicy::named("t")).run(stop.clone()));
    let value = Some(Bytes::from_static(b"\xff"));
    bus.publish(OutRecord { topic: TOPIC.to_owned(), value, ..OutRecord::default() }).await.unwrap();
    let desk = DeadLetters::new(bus.clone());
    for replays in 0..3 {
        let letter = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                if let Some(letter) = desk.unsettled(TOPIC).await.unwrap().pop() {
                    return letter;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let letter = letter.await.expect("it is dead-lettered again");
        assert_eq!((letter.replays, letter.offset), (replays, Some(i64::from(replays))));
        desk.replay(vec![letter]).await.unwrap();
    }
    let at = TopicPartition::new(TOPIC, 0);
    let back = bus.read(&at, 0, 10).await.unwrap();
    let marks: Vec<_> = back.iter().map(|record| record.headers.text(header::REPLAYS)).collect();
    assert_eq!(marks, [None, Some("1"), Some("2"), Some("3")]);
    assert!(back.iter().all(|record| record.headers.get(header::REASON).is_none()));
    stop.cancel();
    worker.await.unwrap().unwrap();
}
