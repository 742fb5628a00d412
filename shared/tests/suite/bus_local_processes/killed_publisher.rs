//! A publisher that is killed at any moment: what was acknowledged is there, once and in order.

use super::{
    child::value,
    process::{Dice, PATIENCE, Process, TOPIC, bus},
};
use rtfm_shared::bus::{Bus, ConsumerEvent, LocalBus, Record, StartAt, Subscription};
use std::collections::HashMap;

/// Everything on the topic.
async fn all(bus: &LocalBus) -> Vec<Record> {
    let states = bus.describe_topics(&[TOPIC]).await.expect("described");
    let count: i64 = states[0].as_ref().expect("it exists").watermarks.iter().map(|(begin, end)| end - begin).sum();
    let wanted = Subscription { topics: vec![TOPIC.to_owned()], group: None, start: StartAt::Earliest };
    let mut reader = bus.subscribe(wanted).await.expect("subscribed");
    let mut records = Vec::new();
    while (records.len() as i64) < count {
        let event = tokio::time::timeout(PATIENCE, reader.next()).await.expect("in time");
        if let ConsumerEvent::Record(record) = event.expect("heard") {
            records.push(record);
        }
    }
    records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_records_survive_a_kill_once_and_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let bus = bus(directory.path(), 3).await;
    let mut dice = Dice(0x5eed);
    let mut acknowledged = HashMap::new();
    for round in 0..6 {
        let process = Process::start("publish", directory.path(), round);
        let mut lines: Vec<_> = (0..1 + dice.below(250)).map(|_| process.line()).collect();
        lines.extend(process.kill());
        for line in lines {
            let [word, key, n, partition, offset] = line.as_slice() else { continue };
            assert_eq!(word, "ack");
            // The last line may have been cut short by the kill.
            let place = (partition.parse::<i32>().expect("a number"), offset.parse::<i64>());
            if let (partition, Ok(offset)) = place {
                acknowledged.entry((partition, offset)).or_insert((key.clone(), n.parse::<usize>().expect("a number")));
            }
        }
        let records = all(&bus).await;
        let mut of_key: HashMap<String, usize> = HashMap::new();
        let mut found = HashMap::new();
        for record in &records {
            let key = String::from_utf8(record.key.clone().expect("a key").to_vec()).expect("text");
            let n = of_key.entry(key.clone()).or_default();
            assert_eq!(
                record.value.as_deref(),
                Some(value(&key, *n).as_bytes()),
                "record {n} of {key}, whole and in order"
            );
            found.insert((record.at.partition, record.offset), (key, *n));
            *n += 1;
        }
        for (place, what) in &acknowledged {
            assert_eq!(found.get(place), Some(what), "round {round}: acknowledged at {place:?}");
        }
        let unacknowledged = records.len() - acknowledged.len();
        assert!(unacknowledged <= 4 * (round as usize + 1), "each of four publishers had one record under way");
    }
}
