//! Retention and compaction as a real broker does them with the settings of our catalogue.

use super::corner::{Corner, hear_record, hear_values, next, numbers, record, subscribe, until};
use bytes::Bytes;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier},
};
use rtfm_shared::bus::{Bus, BusError, Cleanup, Drift, OutRecord, StartAt, TopicSpec, verify};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_deletes_records_past_retention() {
    let Some(corner) = Corner::quick().await else { return };
    let topic = corner.topic(1, Some(Duration::from_secs(1))).await;
    corner.fill(&topic, 0, 0..3).await;
    until("the records to go", async || {
        let states = corner.bus.describe_topics(&[&topic]).await.unwrap();
        states[0].as_ref().unwrap().watermarks == [(3, 3)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_deletes_old_records_of_a_topic_that_never_rests() {
    let Some(corner) = Corner::quick().await else { return };
    let topic = corner.topic(1, Some(Duration::from_secs(2))).await;
    // The broker never deletes the segment that it writes to, and each record keeps that one young.
    until("the first record to go", async || {
        corner.fill(&topic, 0, 0..1).await;
        let states = corner.bus.describe_topics(&[&topic]).await.unwrap();
        states[0].as_ref().unwrap().watermarks[0].0 > 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repairing_a_topic_changes_its_cleanup_and_no_other_setting() {
    let Some(corner) = Corner::open().await else { return };
    let (kept, compacted) = (corner.day(1).await, corner.topic(2, None).await);
    let spec = |name: &str, partitions, retention, cleanup| TopicSpec {
        name: name.to_owned(),
        partitions,
        retention,
        cleanup,
    };
    let wanted = [
        spec(&kept, 1, Some(Duration::from_secs(24 * 3600)), Cleanup::Delete),
        spec(&compacted, 2, None, Cleanup::Compact),
    ];
    assert_eq!(verify(&corner.bus, &wanted).await.unwrap(), []);
    // As topics are that were made by hand, with a setting of the operator's own.
    let admin: AdminClient<_> =
        ClientConfig::new().set("bootstrap.servers", &corner.config.bootstrap_servers).create().unwrap();
    let by_hand = |name| AlterConfig::new(ResourceSpecifier::Topic(name)).set("retention.bytes", "123456789");
    let changes = [by_hand(&kept), by_hand(&compacted).set("cleanup.policy", "compact")];
    admin.alter_configs(&changes, &AdminOptions::new()).await.unwrap();
    let late = |topic: &str, expected, found| Drift::CleanupDelay { topic: topic.to_owned(), expected, found };
    let week = Some(7 * 86_400_000);
    let drifts = [
        Drift::Retention { topic: kept.clone(), expected: Some(86_400_000), found: week },
        late(&kept, 8_640_000, week),
        late(&compacted, 86_400_000, None),
    ];
    until("the drift to show", async || verify(&corner.bus, &wanted).await.unwrap() == drifts).await;

    corner.bus.repair_topics(&wanted).await.unwrap();
    assert_eq!(verify(&corner.bus, &wanted).await.unwrap(), []);
    let names = [&kept, &compacted].map(|name| ResourceSpecifier::Topic(name));
    for topic in admin.describe_configs(&names, &AdminOptions::new()).await.unwrap() {
        let topic = topic.unwrap();
        assert_eq!(topic.get("retention.bytes").unwrap().value.as_deref(), Some("123456789"), "{:?}", topic.specifier);
    }
    let nowhere = spec("nowhere", 1, None, Cleanup::Delete);
    assert!(
        matches!(corner.bus.repair_topics(&[nowhere]).await, Err(BusError::UnknownTopic(name)) if name == "nowhere")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_keeps_the_newest_value_of_every_key() {
    let Some(corner) = Corner::quick().await else { return };
    let topic = corner.compacted(Duration::from_secs(10)).await;
    let say = |key: &str, value: &str| OutRecord {
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        ..record(&topic, 0, value)
    };
    for round in 0..5 {
        corner.bus.publish(say("setting", &round.to_string())).await.unwrap();
    }
    // The broker compacts what lies before its newest segment; a record that comes late enough begins a new one.
    until("the old values to go", async || {
        let end = corner.bus.publish(say("other", "x")).await.unwrap().offset;
        let mut reader = subscribe(&corner.bus, &topic, None, StartAt::Earliest).await;
        let mut values = Vec::new();
        loop {
            let heard = hear_record(&mut reader).await;
            if heard.key.as_deref() == Some(b"setting") {
                values.push(super::corner::text(&heard));
            }
            if heard.offset >= end {
                break;
            }
        }
        assert_eq!(values.last().map(String::as_str), Some("4"), "the newest value is never lost");
        values.len() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_with_a_deleted_offset_resumes_at_the_oldest_record() {
    let Some(corner) = Corner::quick().await else { return };
    let (topic, group) = (corner.day(1).await, corner.name("g"));
    let keep = async |retention| {
        let retention = Some(Duration::from_secs(retention));
        let spec = TopicSpec { name: topic.clone(), partitions: 1, retention, cleanup: Cleanup::Delete };
        corner.bus.repair_topics(&[spec]).await.unwrap();
    };
    corner.fill(&topic, 0, 0..5).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Latest).await;
    corner.fill(&topic, 0, 5..6).await;
    let first = hear_record(&mut consumer).await;
    consumer.store(&[next(&topic, first.offset)]).unwrap();
    consumer.close().await.unwrap();
    keep(1).await;
    until("the group's place to go", async || {
        let states = corner.bus.describe_topics(&[&topic]).await.unwrap();
        states[0].as_ref().unwrap().watermarks[0].0 == 6
    })
    .await;
    keep(3600).await;
    corner.fill(&topic, 0, 6..7).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Latest).await;
    assert_eq!(hear_values(&mut consumer, 1).await, numbers(6..7));
}
