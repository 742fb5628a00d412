//! The processor as a service on the local bus: it serves producers of plain JSON, sets unreadable records aside, and
//! loses nothing on a stop.

use bytes::Bytes;
use rtfm_processor::{INDEX_GROUP, Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{Bus, Consumer, ConsumerEvent, LocalBus, OutRecord, Record, StartAt, Subscription, topics},
    config::Env,
    event::{Envelope, MessageEvent, header},
    worker::dead_letter::header as dead_letter,
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);

async fn bus(directory: &Path) -> Arc<dyn Bus> {
    let bus = LocalBus::open(directory).unwrap();
    bus.create_topics(&topics::catalogue()).await.unwrap();
    Arc::new(bus)
}

/// A running processor and its shutdown token.
struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

async fn start(bus: &Arc<dyn Bus>, directory: &Path) -> Running {
    let config = ProcessorConfig::from_env(&Env::default(), directory).unwrap();
    let processor = Processor::open(config, bus.clone()).await.unwrap();
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let task = tokio::spawn(async move { processor.run(token).await.unwrap() });
    Running { shutdown, task }
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.task).await.expect("the processor drains").unwrap();
    }
}

/// A record of plain JSON, as a producer without envelopes writes it.
fn plain(topic: &str, key: &str, value: &Value) -> OutRecord {
    OutRecord {
        topic: topic.to_owned(),
        key: Some(Bytes::from(key.to_owned())),
        value: Some(Bytes::from(value.to_string())),
        ..OutRecord::default()
    }
}

fn message(id: u64, channel: &str, content: &str) -> Value {
    json!({
        "message_id": id.to_string(), "content": content, "username": "ana", "user_id": "7", "channel_id": channel,
        "timestamp": "2026-11-02T12:34:56.789Z", "metadata": {"channel_name": "general"}
    })
}

fn question(id: &str, channel: &str, text: &str) -> Value {
    json!({
        "query_id": id, "original_message_id": "99", "question": text, "username": "zoe", "user_id": "8",
        "channel_id": channel, "timestamp": "2026-11-02T12:35:56.789", "context": {}
    })
}

async fn listen(bus: &Arc<dyn Bus>, topic: &str) -> Box<dyn Consumer> {
    let subscription = Subscription { topics: vec![topic.to_owned()], group: None, start: StartAt::Earliest };
    bus.subscribe(subscription).await.unwrap()
}

async fn receive(consumer: &mut Box<dyn Consumer>) -> Record {
    let next = async {
        loop {
            if let ConsumerEvent::Record(record) = consumer.next().await.unwrap() {
                return record;
            }
        }
    };
    timeout(PATIENCE, next).await.expect("a record arrives in time")
}

async fn settled(bus: &Arc<dyn Bus>) {
    let done = async {
        while bus.lag(INDEX_GROUP, topics::MESSAGES).await.unwrap().iter().any(|lag| lag.records() > 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, done).await.expect("everything is indexed in time");
}

#[tokio::test]
async fn producers_and_consumers_of_plain_json_are_served() {
    let directory = tempfile::tempdir().unwrap();
    let bus = bus(directory.path()).await;
    let processor = start(&bus, directory.path()).await;
    bus.publish(plain(topics::MESSAGES, "10", &message(1, "10", "The zebra endpoint is /v2"))).await.unwrap();
    bus.publish(plain(topics::MESSAGES, "20", &message(2, "20", "The zebra secret is swordfish"))).await.unwrap();
    settled(&bus).await;

    bus.publish(plain(topics::QUERIES, "10", &question("q1", "10", "what is the zebra endpoint?"))).await.unwrap();
    let record = receive(&mut listen(&bus, topics::RESPONSES).await).await;
    let response: Value = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
    assert_eq!(record.key.as_deref(), Some(b"10".as_slice()));
    assert_eq!((&response["query_id"], &response["original_message_id"]), (&json!("q1"), &json!("99")));
    assert!(response["response_text"].as_str().unwrap().contains("/v2"), "{response}");
    assert!(!response.to_string().contains("swordfish"), "another channel's text: {response}");
    assert_eq!(response["metadata"]["sources_count"], json!(1));
    assert!(response["metadata"]["confidence"].is_number() && response["metadata"]["model"].is_string());
    assert_eq!(record.headers.text(header::TYPE), Some("response.given"));
    processor.stop().await;
}

#[tokio::test]
async fn an_unreadable_record_is_dead_lettered_whole_and_blocks_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bus = bus(directory.path()).await;
    let poison: Vec<OutRecord> = [b"\xff\xfe".as_slice(), b"[]", b"{\"message_id\":\"x\"}", b""]
        .into_iter()
        .map(|value| OutRecord { value: Some(Bytes::from_static(value)), ..plain(topics::MESSAGES, "10", &json!(0)) })
        .collect();
    bus.publish_all(poison.clone()).await.unwrap();
    bus.publish(plain(topics::MESSAGES, "10", &message(1, "10", "a zebra after all"))).await.unwrap();
    bus.publish(poison[0].clone()).await.unwrap();
    let processor = start(&bus, directory.path()).await;
    settled(&bus).await;
    let mut dead_letters = listen(&bus, &topics::dead_letter_topic(topics::MESSAGES)).await;
    for expected in poison.iter().chain([&poison[0]]) {
        let dead = receive(&mut dead_letters).await;
        assert_eq!((&dead.key, &dead.value), (&expected.key, &expected.value), "unchanged");
        assert_eq!(dead.headers.text(dead_letter::TOPIC), Some(topics::MESSAGES));
    }
    bus.publish(plain(topics::QUERIES, "10", &question("q1", "10", "zebra?"))).await.unwrap();
    let record = receive(&mut listen(&bus, topics::RESPONSES).await).await;
    assert!(String::from_utf8_lossy(record.value.as_deref().unwrap()).contains("a zebra after all"));
    processor.stop().await;
}

#[tokio::test]
async fn a_restart_loses_nothing_and_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bus = bus(directory.path()).await;
    let mut sent = 0;
    for _ in 0..3 {
        let processor = start(&bus, directory.path()).await;
        for _ in 0..100 {
            sent += 1;
            let event: MessageEvent = MessageEvent::Created(
                serde_json::from_value(message(sent, "10", &format!("zebra number {sent}"))).unwrap(),
            );
            bus.publish(Envelope::new(event, "test").encode().unwrap()).await.unwrap();
        }
        processor.stop().await;
    }
    let processor = start(&bus, directory.path()).await;
    settled(&bus).await;
    bus.publish(plain(topics::QUERIES, "10", &question("q1", "10", "zebra number 250"))).await.unwrap();
    let record = receive(&mut listen(&bus, topics::RESPONSES).await).await;
    let response: Value = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
    assert_eq!(response["sources"][0]["message_id"], json!("250"), "{response}");
    processor.stop().await;
    let store = rtfm_memory::store::SqliteStore::open(directory.path(), None).await.unwrap();
    let everything = rtfm_memory::store::Filter::everything(None);
    assert_eq!(rtfm_memory::store::MessageStore::count(&store, &everything).await.unwrap(), sent);
}
