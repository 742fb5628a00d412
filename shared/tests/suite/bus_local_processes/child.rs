//! The other process: what it does in each role. It says what it has done, line by line.

use super::process::{Dice, TOPIC};
use rtfm_shared::bus::{Bus, Consumer, ConsumerEvent, LocalBus, NextOffset, OutRecord, Record, StartAt, Subscription};
use std::{future::Future, path::Path};
use tokio::sync::oneshot::Receiver;

pub(crate) const ROLE: &str = "RTFM_BUS_TEST_ROLE";
pub(crate) const DIRECTORY: &str = "RTFM_BUS_TEST_DIRECTORY";
pub(crate) const SEED: &str = "RTFM_BUS_TEST_SEED";

/// Records that each process publishes side by side with another.
pub(crate) const SHARE: usize = 200;

/// Not a test: the entrance of the other process. Run without a role it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the other tests"]
async fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let directory = std::env::var_os(DIRECTORY).expect("a directory");
    let seed = std::env::var(SEED).expect("a seed").parse().expect("a number");
    let bus = LocalBus::open(Path::new(&directory)).expect("opened");
    let (asked, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::read_to_string(std::io::stdin());
        let _ = asked.send(());
    });
    match role.as_str() {
        "publish" => until(ended, publish_without_end(bus, seed)).await,
        "consume" => until(ended, consume_without_end(bus)).await,
        "both" => publish_and_consume(bus, seed, ended).await,
        other => panic!("no such role: {other}"),
    }
}

/// Works until it is killed, or its parent is gone.
async fn until(ended: Receiver<()>, work: impl Future<Output = ()>) {
    tokio::select! {
        _ = ended => {}
        () = work => {}
    }
}

/// The record `n` of a key: its value says what it is, and then goes on for a while.
pub(crate) fn value(key: &str, n: usize) -> String {
    let length = Dice(n as u64).below(3_000) as usize;
    format!("{key} {n} {}", "x".repeat(length))
}

fn record(key: &str, n: usize) -> OutRecord {
    OutRecord {
        topic: TOPIC.to_owned(),
        key: Some(key.to_owned().into()),
        value: Some(value(key, n).into()),
        ..OutRecord::default()
    }
}

/// Four keys at once, each one record after the other, until it is killed.
async fn publish_without_end(bus: LocalBus, seed: u64) {
    let publishers = (0..4).map(|key| {
        let bus = bus.clone();
        tokio::spawn(async move {
            let key = format!("key-{seed}-{key}");
            for n in 0.. {
                let at = bus.publish(record(&key, n)).await.expect("published");
                println!("\n> ack {key} {n} {} {}", at.partition, at.offset);
            }
        })
    });
    futures::future::join_all(publishers.collect::<Vec<_>>()).await;
}

async fn member(bus: &LocalBus) -> Box<dyn Consumer> {
    let wanted = Subscription { topics: vec![TOPIC.to_owned()], group: Some("g".to_owned()), start: StartAt::Earliest };
    bus.subscribe(wanted).await.expect("subscribed")
}

fn next(record: &Record) -> NextOffset {
    NextOffset { at: record.at.clone(), offset: record.offset + 1 }
}

/// Hears everything and commits now and then, until it is killed.
async fn consume_without_end(bus: LocalBus) {
    let mut consumer = member(&bus).await;
    let mut count = 0;
    loop {
        let ConsumerEvent::Record(record) = consumer.next().await.expect("heard") else { continue };
        println!("\n> handled {} {}", record.at.partition, record.offset);
        consumer.store(&[next(&record)]).expect("stored");
        count += 1;
        if count % 7 == 0 {
            consumer.commit().await.expect("committed");
            println!("\n> committed {} {}", record.at.partition, record.offset + 1);
        }
    }
}

/// Publishes its share and consumes in a group with others, until it is asked to end.
async fn publish_and_consume(bus: LocalBus, seed: u64, mut ended: Receiver<()>) {
    let publisher = tokio::spawn({
        let bus = bus.clone();
        async move {
            for n in 0..SHARE {
                bus.publish(record(&format!("key-{seed}-{}", n % 5), n)).await.expect("published");
            }
            println!("\n> published");
        }
    });
    let mut consumer = member(&bus).await;
    loop {
        let event = tokio::select! {
            _ = &mut ended => break,
            event = consumer.next() => event.expect("heard"),
        };
        if let ConsumerEvent::Record(record) = event {
            consumer.store(&[next(&record)]).expect("stored");
            consumer.commit().await.expect("committed");
            println!("\n> heard {} {}", record.at.partition, record.offset);
        }
    }
    publisher.await.expect("all published");
    consumer.close().await.expect("closed");
}
