//! Housekeeping: large amounts, tombstones, space.

use super::{LocalBus, bus_with, out, record};
use crate::bus::{Bus, Cleanup, OutRecord, StartAt, Subscription, TopicSpec};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

#[tokio::test]
async fn many_old_records_go_and_their_space_is_given_back() {
    let (directory, bus) = bus_with("other", 1).await;
    let hour = Some(Duration::from_secs(3600));
    let spec = TopicSpec { name: "t".to_owned(), partitions: 1, retention: hour, cleanup: Cleanup::Delete };
    bus.create_topics(&[spec]).await.unwrap();
    let value = "x".repeat(1_000);
    bus.publish_all((0..5_000).map(|_| out("t", 0, &value)).collect()).await.unwrap();
    bus.publish(out("other", 0, "kept for ever")).await.unwrap();
    let pages = || {
        bus.inner
            .reader
            .read(|connection| Ok(connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))?))
    };
    let before = pages().await.unwrap();
    bus.housekeeping(Timestamp::now() + SignedDuration::from_hours(2)).await.unwrap();
    let after = pages().await.unwrap();
    assert!(after < before / 4, "{before} pages became {after}");
    let states = bus.describe_topics(&["t", "other"]).await.unwrap();
    assert_eq!(states[0].as_ref().unwrap().watermarks, [(5_000, 5_000)]);
    assert_eq!(states[1].as_ref().unwrap().watermarks, [(0, 1)]);
    drop(directory);
}

/// Records of all sizes, kept and expired ones beside each other, so that pages are split, merged and emptied.
#[tokio::test]
async fn expired_and_replaced_records_leave_the_files() {
    let (directory, bus) = bus_with("kept", 3).await;
    let hour = Some(Duration::from_secs(3600));
    let spec = |name: &str, cleanup| TopicSpec { name: name.to_owned(), partitions: 3, retention: hour, cleanup };
    let compacted = TopicSpec { retention: None, ..spec("compacted", Cleanup::Compact) };
    bus.create_topics(&[spec("expiring", Cleanup::Delete), compacted]).await.unwrap();
    let holds = |needle: &str| {
        std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .any(|path| std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle.as_bytes()))
    };
    // Few records stay in the log, which many overwrite.
    for (round, count) in [40, 900, 900].into_iter().enumerate() {
        let mut records = Vec::new();
        for n in 0..count {
            let padding = "x".repeat((n * 7_919 + round * 104_729) % [60, 700, 9_000][n % 3]);
            let key = Some(format!("key {}", n % 20).into());
            records.push(out("expiring", (n % 3) as i32, &format!("{padding}xylophonequux{padding}")));
            records.push(out("kept", (n % 3) as i32, &format!("{padding}an ordinary sentence")));
            records.push(OutRecord { key, ..out("compacted", 0, &format!("{padding}zanzibarquux {n:03}")) });
        }
        bus.publish_all(records).await.unwrap();
        assert!(holds("xylophonequux") && holds("zanzibarquux 000"), "the scan misses stored records");
        bus.housekeeping(Timestamp::now() + SignedDuration::from_hours(2)).await.unwrap();
        assert!(!holds("xylophonequux"), "round {round}: a file has an expired record");
        assert!(!holds("zanzibarquux 000"), "round {round}: a file has a replaced record");
        assert!(holds(&format!("zanzibarquux {:03}", count - 1)), "the newest of a key stays");
    }
    let states = bus.describe_topics(&["kept"]).await.unwrap();
    assert_eq!(states[0].as_ref().unwrap().watermarks, [(0, 614), (0, 613), (0, 613)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_while_nothing_ran_goes_at_the_next_start() {
    let (directory, bus) = bus_with("other", 1).await;
    let retention = Some(Duration::from_millis(1));
    let spec = TopicSpec { name: "t".to_owned(), partitions: 1, retention, cleanup: Cleanup::Delete };
    bus.create_topics(&[spec]).await.unwrap();
    bus.publish(out("t", 0, "old")).await.unwrap();
    drop(bus);
    // Longer than the retention.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let bus = LocalBus::open(directory.path()).unwrap();
    let gone = async {
        while bus.watermarks(&["t"]).await.unwrap()[0].as_ref().unwrap()[0].0 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, gone).await.expect("it is removed");
}

#[tokio::test]
async fn a_tombstone_goes_after_a_day_and_the_newest_record_never() {
    let (_directory, bus) = bus_with("t", 1).await;
    let keyed = |key: &str, value: Option<&str>| OutRecord {
        topic: "t".to_owned(),
        key: Some(key.to_owned().into()),
        value: value.map(|value| value.to_owned().into()),
        ..OutRecord::default()
    };
    let records =
        vec![keyed("a", Some("1")), keyed("b", Some("2")), keyed("a", None), out("t", 0, "keyless"), keyed("c", None)];
    bus.publish_all(records).await.unwrap();
    // A compacted topic takes nothing without a key; what lies there was written before it was one.
    let compacted = bus.inner.writer.write(|connection| Ok(connection.execute("UPDATE topics SET compacted = 1", [])?));
    assert_eq!(compacted.await.unwrap(), 1);
    let offsets = async || {
        let wanted = Subscription { topics: vec!["t".to_owned()], group: None, start: StartAt::Earliest };
        let mut reader = bus.subscribe(wanted).await.unwrap();
        let mut offsets = Vec::new();
        while offsets.last() != Some(&4) {
            offsets.push(record(&mut reader).await.offset);
        }
        offsets
    };
    bus.housekeeping(Timestamp::now() + SignedDuration::from_hours(23)).await.unwrap();
    assert_eq!(offsets().await, [1, 2, 3, 4]);
    bus.housekeeping(Timestamp::now() + SignedDuration::from_hours(25)).await.unwrap();
    assert_eq!(offsets().await, [1, 3, 4]);
}
