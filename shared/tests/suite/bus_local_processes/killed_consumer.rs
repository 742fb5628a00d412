//! A consumer that is killed between handling and committing: the next one gets exactly what was not committed.

use super::process::{Dice, PATIENCE, Process, TOPIC, bus};
use rtfm_shared::bus::{Bus, ConsumerEvent, OutRecord, StartAt, Subscription};
use std::collections::HashMap;

fn on(partition: i32, n: usize) -> OutRecord {
    OutRecord {
        topic: TOPIC.to_owned(),
        partition: Some(partition),
        value: Some(n.to_string().into()),
        ..OutRecord::default()
    }
}

fn group(topics: &str) -> Subscription {
    Subscription { topics: vec![topics.to_owned()], group: Some("g".to_owned()), start: StartAt::Earliest }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_uncommitted_records_are_redelivered() {
    for round in 0..5 {
        let directory = tempfile::tempdir().expect("a directory");
        let bus = bus(directory.path(), 2).await;
        bus.publish_all((0..200).map(|n| on((n % 2) as i32, n / 2)).collect()).await.expect("published");
        let process = Process::start("consume", directory.path(), round);
        let mut dice = Dice(round + 77);
        let mut lines: Vec<_> = (0..1 + dice.below(180)).map(|_| process.line()).collect();
        lines.extend(process.kill());
        let mut said: HashMap<(String, i32), i64> = HashMap::new();
        for line in lines {
            if let [word, partition, offset] = line.as_slice()
                && let (Ok(partition), Ok(offset)) = (partition.parse(), offset.parse())
            {
                said.insert((word.clone(), partition), offset);
            }
        }
        let lag = bus.lag("g", TOPIC).await.expect("lag");
        let mut consumer = bus.subscribe(group(TOPIC)).await.expect("subscribed");
        let waiting: i64 = lag.iter().map(rtfm_shared::bus::Lag::records).sum();
        let mut heard: HashMap<i32, Vec<i64>> = HashMap::new();
        for _ in 0..waiting {
            let record = loop {
                match tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time").expect("heard") {
                    ConsumerEvent::Record(record) => break record,
                    ConsumerEvent::Assigned(_) => {}
                    ConsumerEvent::Revoked(revoked) => panic!("{revoked:?}"),
                }
            };
            heard.entry(record.at.partition).or_default().push(record.offset);
        }
        for lag in lag {
            let partition = lag.at.partition;
            let committed = lag.committed.unwrap_or(0);
            let told = |word: &str| said.get(&(word.to_owned(), partition)).copied();
            assert!(told("committed").is_none_or(|told| told <= committed), "what was committed is committed");
            // A commit may have been made and not told any more, but never of what was not yet handled.
            assert!(committed <= told("handled").map_or(0, |offset| offset + 1) + 1, "{said:?}, {committed}");
            assert_eq!(heard.remove(&partition).unwrap_or_default(), (committed..lag.end).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_member_takes_over_from_a_killed_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let bus = bus(directory.path(), 2).await;
    bus.publish_all((0..20).map(|n| on((n % 2) as i32, n)).collect()).await.expect("published");
    let process = Process::start("consume", directory.path(), 0);
    while process.line()[0] != "handled" {}
    let mut consumer = bus.subscribe(group(TOPIC)).await.expect("subscribed");
    let mut owned = Vec::new();
    let mut process = Some(process);
    while owned.len() < 2 {
        let event = tokio::time::timeout(PATIENCE, consumer.next()).await.expect("in time").expect("heard");
        if let ConsumerEvent::Assigned(partitions) = event {
            owned.extend(partitions);
            if owned.len() == 1 {
                assert_eq!(bus.members("g", TOPIC).await.expect("counted"), 2);
                process.take().expect("it lives").kill();
                assert_eq!(bus.members("g", TOPIC).await.expect("counted"), 1, "the dead do not count");
            }
        }
    }
}
