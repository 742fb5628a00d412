//! Permanent failures: out of the way at once, whole, with their reasons; nothing else is held up or lost.

use super::world::*;
use bytes::Bytes;
use rtfm_shared::{
    bus::{Bus, BusError, Headers, OutRecord},
    resilience::Class,
    worker::{Failure, WorkerPolicy, dead_letter::header},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::sleep};

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_the_whole_record_with_its_provenance() {
    let bus = bus(2);
    publish(&bus, 1, "key", "fine").await;
    let mut headers = Headers::default();
    headers.push("twice", Bytes::from_static(&[0, 255]));
    headers.push("twice", "text");
    headers.push("traceparent", "00-abc");
    let record = OutRecord {
        topic: TOPIC.to_owned(),
        partition: Some(1),
        key: Some(Bytes::from_static(b"\x00\xffkey")),
        value: Some(Bytes::from_static(b"\xff\xfe not text \x00")),
        headers: headers.clone(),
    };
    bus.publish(record.clone()).await.unwrap();
    let world = World::start(&bus, policy(), |items| async move {
        if items[0].value == "fine" { Ok(()) } else { Err(Failure::permanent("malformed", "é".repeat(1000))) }
    });
    world.committed(1, 2).await;
    let [letter] = &bus.records(DLQ)[..] else { panic!("one dead letter") };
    assert_eq!((&letter.key, &letter.value), (&record.key, &record.value));
    assert_eq!(letter.headers.0[..3], headers.0[..], "the original's headers, in order, first");
    let text = |name| letter.headers.text(name).unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!((text(header::TOPIC), text(header::PARTITION), text(header::OFFSET)), (TOPIC, "1", "1"));
    assert_eq!(text(header::TIMESTAMP), bus.records(TOPIC)[1].timestamp.to_string());
    assert_eq!((text(header::REASON), text(header::ATTEMPTS)), ("malformed", "1"));
    assert_eq!(text(header::ERROR), "é".repeat(256), "long errors are shortened, on a character's boundary");
    assert_eq!((text(header::SERVICE), text(header::VERSION)), ("rtfm/test", env!("CARGO_PKG_VERSION")));
    assert!(text(header::FAILED_AT).parse::<jiff::Timestamp>().is_ok());
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failing_record_does_not_stop_its_partition() {
    let bus = bus(1);
    for value in ["fine", "malformed", "unreadable", "panic in decode", "panic in handle", "fine", "unreadable"] {
        publish(&bus, 0, "key", value).await;
    }
    bus.publish(OutRecord { topic: TOPIC.to_owned(), partition: Some(0), ..OutRecord::default() }).await.unwrap();
    let world = World::start(&bus, policy(), |items| async move {
        match items[0].value.as_str() {
            "malformed" => Err(failure(Class::Permanent)),
            "panic in handle" => panic!("as scripted"),
            _ => Ok(()),
        }
    });
    world.committed(0, 8).await;
    assert_eq!(world.values(), ["fine", "malformed", "panic in handle", "fine"], "each is tried once");
    let mut letters: Vec<_> = bus
        .records(DLQ)
        .iter()
        .map(|letter| {
            let offset: i64 = letter.headers.text("dlq-offset").unwrap().parse().unwrap();
            let text = |name| letter.headers.text(name).unwrap().to_owned();
            (offset, text("dlq-reason"), text("dlq-attempts"))
        })
        .collect();
    letters.sort();
    let expected = [
        (1, "malformed", "1"),
        (2, "invalid", "0"),
        (3, "panic", "0"),
        (4, "panic", "1"),
        (6, "invalid", "0"),
        (7, "no_value", "0"),
    ];
    assert_eq!(letters, expected.map(|(offset, reason, attempts)| (offset, reason.to_owned(), attempts.to_owned())));
    let panic = bus.records(DLQ).into_iter().find(|letter| letter.headers.text("dlq-offset") == Some("4")).unwrap();
    assert_eq!(panic.headers.text("dlq-error"), Some("as scripted"));
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn only_the_failing_record_of_a_batch_is_dead_lettered() {
    let bus = bus(1);
    for n in 0..7 {
        publish(&bus, 0, "key", if n == 4 { "malformed" } else { "fine" }).await;
    }
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let world = World::start(&bus, WorkerPolicy { batch: 10, ..policy() }, move |items| {
        let gate = gate.clone();
        async move {
            if items[0].offset == 0 {
                gate.acquire().await.unwrap().forget();
            }
            match items.iter().any(|item| item.value == "malformed") {
                true => Err(failure(Class::Permanent)),
                false => Ok(()),
            }
        }
    });
    eventually("the first is under way", || world.calls().len() == 1).await;
    sleep(Duration::from_secs(1)).await;
    opened.add_permits(1);
    world.committed(0, 7).await;
    let offsets: Vec<Vec<i64>> =
        world.calls().iter().map(|batch| batch.iter().map(|item| item.offset).collect()).collect();
    let alone = (1..7).map(|offset| vec![offset]);
    assert_eq!(offsets, [vec![0], vec![1, 2, 3, 4, 5, 6]].into_iter().chain(alone).collect::<Vec<_>>());
    let letters = bus.records(DLQ);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].headers.text("dlq-offset"), Some("4"));
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_record_is_done_only_when_its_dead_letter_is_durable() {
    let bus = bus(1);
    publish(&bus, 0, "a", "unreadable").await;
    publish(&bus, 0, "b", "malformed").await;
    publish(&bus, 0, "c", "fine").await;
    let too_large = || BusError::TooLarge { topic: DLQ.to_owned(), size: 2, limit: 1 };
    bus.fail_publications(DLQ, (0..5).map(|_| too_large()));
    bus.fail_publications(DLQ, (0..5).map(|_| BusError::UnknownTopic(DLQ.to_owned())));
    let world = World::start(&bus, policy(), |items| async move {
        if items[0].value == "malformed" { Err(failure(Class::Permanent)) } else { Ok(()) }
    });
    eventually("the healthy record does not wait", || world.values().contains(&"fine".to_owned())).await;
    assert!(bus.records(DLQ).is_empty());
    assert_eq!(bus.committed(GROUP, &at(0)), None);
    world.committed(0, 3).await;
    assert_eq!(bus.records(DLQ).len(), 2);
    assert_eq!(world.values().iter().filter(|value| *value == "malformed").count(), 1, "only the letter is retried");
    world.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unwritten_dead_letter_leaves_its_record_uncommitted() {
    let bus = bus(1);
    publish(&bus, 0, "key", "unreadable").await;
    bus.fail_publications(DLQ, (0..10_000).map(|_| BusError::UnknownTopic(DLQ.to_owned())));
    let world = World::start(&bus, policy(), |_| async { Ok(()) });
    sleep(Duration::from_secs(120)).await;
    world.end().await.unwrap();
    assert_eq!(bus.committed(GROUP, &at(0)), None);
    assert!(bus.records(DLQ).is_empty());
}
