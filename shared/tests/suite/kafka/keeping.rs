//! Retention and compaction as a real broker does them with the settings of our catalogue.

use super::corner::{Corner, hear_record, hear_values, next, numbers, record, subscribe, until};
use bytes::Bytes;
use rtfm_shared::bus::{Bus, OutRecord, StartAt};
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
async fn the_broker_keeps_the_newest_value_of_every_key() {
    let Some(corner) = Corner::quick().await else { return };
    let topic = corner.topic(1, None).await;
    let say = |key: &str, value: &str| OutRecord {
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        ..record(&topic, 0, value)
    };
    for round in 0..5 {
        corner.bus.publish(say("setting", &round.to_string())).await.unwrap();
    }
    // The broker compacts what lies before its newest segment; each record may begin a new one.
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
    let (topic, group) = (corner.topic(1, Some(Duration::from_secs(1))).await, corner.name("g"));
    corner.fill(&topic, 0, 0..5).await;
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Latest).await;
    corner.fill(&topic, 0, 5..6).await;
    let first = hear_record(&mut consumer).await;
    consumer.store(&[next(&topic, first.offset)]).unwrap();
    consumer.close().await.unwrap();
    until("the group's place to go", async || {
        let states = corner.bus.describe_topics(&[&topic]).await.unwrap();
        states[0].as_ref().unwrap().watermarks[0].0 == 6
    })
    .await;
    // It may be gone again before it is read, as it is kept for a second only: say it until it is heard.
    let mut consumer = subscribe(&corner.bus, &topic, Some(&group), StartAt::Latest).await;
    let heard = tokio::spawn(async move { hear_values(&mut consumer, 1).await });
    until("a record", async || {
        corner.fill(&topic, 0, 6..7).await;
        heard.is_finished()
    })
    .await;
    assert_eq!(heard.await.unwrap(), numbers(6..7));
}
