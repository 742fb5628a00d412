//! Records that other clients may put on a topic and that are larger than what ours may publish: they are
//! dead-lettered like any other, and never hold their partition.

use super::corner::*;
use async_trait::async_trait;
use rdkafka::{
    ClientConfig,
    producer::{FutureProducer, FutureRecord},
};
use rtfm_shared::{
    bus::{Bus, MAX_RECORD_BYTES, Record, StartAt, Subscription, topics::dead_letter_topic},
    worker::{Failure, Handler, Worker, WorkerPolicy, dead_letter::header},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Handles `fine` and can read nothing else.
struct Picky(Arc<Mutex<usize>>);

#[async_trait]
impl Handler for Picky {
    type Item = ();

    fn decode(&self, record: &Record) -> Result<(), Failure> {
        match record.value.as_deref() {
            Some(b"fine") => Ok(()),
            _ => Err(Failure::permanent("malformed", "not fine")),
        }
    }

    async fn handle(&self, batch: &[()]) -> Result<(), Failure> {
        *self.0.lock().unwrap() += batch.len();
        Ok(())
    }
}

/// Bytes that no codec makes smaller.
fn incompressible(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| step()).collect()
}

#[tokio::test]
async fn oversized_records_of_other_clients_are_dead_lettered() {
    let Some(corner) = Corner::open().await else { return };
    let topic = corner.day(1).await;
    let letters = dead_letter_topic(&topic);
    corner.create(&letters).await;
    let other: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", &corner.config.bootstrap_servers)
        .set("message.max.bytes", "100000000")
        .set("compression.type", "zstd")
        .create()
        .unwrap();
    // As large as a stock broker takes them; far larger, but small when compressed; larger than any topic takes.
    let nearly = incompressible(1_048_000);
    let small_as_sent = vec![b'a'; 3_000_000];
    let bomb = vec![b'b'; 20_000_000];
    assert!(nearly.len() > MAX_RECORD_BYTES);
    for value in [&nearly, &small_as_sent, &bomb] {
        for value in [value.as_slice(), b"fine"] {
            let record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&topic).key(b"key".as_slice()).payload(value);
            other.send(record, Duration::from_secs(30)).await.unwrap();
        }
    }

    let group = corner.name("group");
    let subscription =
        Subscription { topics: vec![topic.clone()], group: Some(group.clone()), start: StartAt::Earliest };
    let (handled, shutdown) = (Arc::default(), CancellationToken::new());
    let handler = Picky(Arc::clone(&handled));
    let policy = WorkerPolicy::named("rtfm/test");
    let worker = Worker::new(Arc::new(corner.further()), subscription, handler, policy);
    let worker = tokio::spawn(worker.run(shutdown.clone()));
    let consumed = async || matches!(&corner.bus.lag(&group, &topic).await, Ok(lags) if lags[0].committed == Some(6));
    until("everything is consumed", consumed).await;
    shutdown.cancel();
    worker.await.unwrap().unwrap();
    assert_eq!(*handled.lock().unwrap(), 3);

    let mut reader = subscribe(&corner.bus, &letters, None, StartAt::Earliest).await;
    let mut by_offset = std::collections::BTreeMap::new();
    for _ in 0..3 {
        let letter = hear_record(&mut reader).await;
        by_offset.insert(letter.headers.text(header::OFFSET).unwrap().to_owned(), letter);
    }
    let of = |offset: &str| (by_offset[offset].value.as_deref().unwrap(), by_offset[offset].headers.text(header::CUT));
    assert!(of("0") == (&nearly, None), "whole");
    assert!(of("2") == (&small_as_sent, None), "whole");
    let (value, cut) = of("4");
    assert_eq!(cut, Some("20000003"), "what cannot be kept whole says how large it was");
    assert!(!value.is_empty() && bomb.starts_with(value), "its beginning is kept");
}
