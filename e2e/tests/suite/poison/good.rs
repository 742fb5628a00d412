//! Good records, plain and odd, between the bad ones, and the checks that they were handled.

use super::sample::Sample;
use bytes::Bytes;
use rtfm_e2e::{PATIENCE, World};
use rtfm_shared::{
    bus::{ConsumerEvent, Headers, OutRecord, StartAt, Subscription, topics},
    event::{Envelope, Response, header},
};
use rtfm_testkit::discord::Channel;
use serde_json::json;
use serenity::all::MessageId;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::timeout;

/// A good record of a topic with its own fields; every second one is odd, and valid all the same: unknown
/// fields, unknown headers, a trace that is none, another minor version of the envelope.
pub(crate) fn record(sample: &Sample, n: usize, fields: serde_json::Value) -> OutRecord {
    let mut value = sample.value();
    for (name, content) in fields.as_object().unwrap() {
        value[name] = content.clone();
    }
    let mut headers = Headers::default();
    if n % 2 == 1 {
        value["x-newer"] = json!({"deep": [1, null, "\u{0}"], "n": n});
        headers.push("x-binary", Bytes::from_static(&[0, 0xff]));
        headers.push(header::TRACEPARENT, Bytes::from_static(b"no trace \xff"));
        headers.push(header::SPEC_VERSION, "1.1");
        headers.push(header::TYPE, sample.kind);
        headers.push(header::CONTENT_TYPE, "application/json; charset=utf-8");
    }
    OutRecord {
        topic: sample.topic.to_owned(),
        partition: Some(i32::try_from(n % 3).unwrap()),
        key: value["channel_id"].as_str().map(|key| Bytes::from(key.to_owned())),
        value: Some(Bytes::from(value.to_string())),
        headers,
    }
}

/// Messages that must be remembered.
pub(crate) fn messages(sample: &Sample) -> (Vec<OutRecord>, Vec<u64>) {
    let ids: Vec<u64> = (0..120).map(|n| 5_000 + n).collect();
    let fields = |id: &u64| json!({"message_id": id.to_string(), "content": format!("herons {id}")});
    (ids.iter().enumerate().map(|(n, id)| record(sample, n, fields(id))).collect(), ids)
}

pub(crate) async fn are_remembered(world: &World, ids: &[u64]) {
    let wanted: Vec<_> = ids.iter().map(|id| (*id).into()).collect();
    world
        .until("every good message is remembered", async || world.store.get(&wanted).await.unwrap().len() == ids.len())
        .await;
}

/// Questions that must be answered; nobody on Discord asked them.
pub(crate) fn queries(sample: &Sample) -> Vec<OutRecord> {
    (0..60).map(|n| record(sample, n, json!({"query_id": format!("good-{n}"), "expires_at": null}))).collect()
}

/// Waits until as many questions have an answer on `bot-responses`, and checks that none has two.
pub(crate) async fn are_answered(world: &World, count: usize) {
    let subscription =
        Subscription { topics: vec![topics::RESPONSES.to_owned()], group: None, start: StartAt::Earliest };
    let mut reader = world.bus.subscribe(subscription).await.unwrap();
    let mut answered = BTreeSet::new();
    while answered.len() < count {
        let heard = timeout(PATIENCE, reader.next()).await;
        let heard = heard.unwrap_or_else(|_| panic!("only {} of {count} questions are answered", answered.len()));
        if let ConsumerEvent::Record(record) = heard.unwrap() {
            let response = Envelope::<Response>::decode(&record).unwrap().event;
            assert!(answered.insert(response.query_id.0.clone()), "{} is answered twice", response.query_id);
        }
    }
    reader.close().await.unwrap();
}

/// Answers to messages that stand on Discord: each must become one reply.
pub(crate) fn responses(sample: &Sample, asked: &[(Channel, MessageId)]) -> Vec<OutRecord> {
    let fields = |n: usize, channel: &Channel, id: MessageId| {
        json!({"response_id": format!("r{n}"), "query_id": format!("q{n}"), "channel_id": channel.id().to_string(),
            "original_message_id": id.to_string(), "response_text": format!("Answer {n}.")})
    };
    asked.iter().enumerate().map(|(n, (channel, id))| record(sample, n, fields(n, channel, *id))).collect()
}

pub(crate) async fn are_shown(asked: &[(Channel, MessageId)]) {
    for (n, (channel, id)) in asked.iter().enumerate() {
        let text = format!("Answer {n}.");
        let is_answer = |message: &rtfm_testkit::discord::Message| message.reply_to == Some(*id);
        let answer = channel.wait_for_message("a reply", is_answer).await;
        assert!(answer.content.starts_with(&text), "{}", channel.view());
        assert_eq!(channel.messages().iter().filter(|message| is_answer(message)).count(), 1, "{}", channel.view());
    }
}

/// Waits until the group has committed everything that lies on its topic.
pub(crate) async fn is_consumed(world: &World, sample: &Sample) {
    let behind = async || -> BTreeMap<String, i64> {
        let lags = world.bus.lag(sample.group, sample.topic).await.unwrap();
        lags.iter().filter(|lag| lag.records() > 0).map(|lag| (lag.at.to_string(), lag.records())).collect()
    };
    let what = format!("{} gets to the end of {}", sample.group, sample.topic);
    world.until(&what, async || behind().await.is_empty()).await;
}

/// Waits until the group, which begins with what is new, has begun on every partition: what is published from
/// then on is heard.
pub(crate) async fn is_listened_to(world: &World, sample: &Sample) {
    let what = format!("{} listens to {}", sample.group, sample.topic);
    world
        .until(&what, async || {
            for partition in 0..3 {
                let record = OutRecord { partition: Some(partition), ..record(sample, 0, json!({})) };
                world.bus.publish(record).await.unwrap();
            }
            world.bus.lag(sample.group, sample.topic).await.unwrap().iter().all(|lag| lag.committed.is_some())
        })
        .await;
    is_consumed(world, sample).await;
}
