//! A misconfigured Kafka: the services report what is wrong and keep trying.

use rtfm_e2e::{Deployment, StoreChoice, TestKafka};
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::{
    bus::{TopicSpec, topics},
    event::{ChatMessage, Envelope, MessageEvent},
};
use std::{collections::BTreeSet, net::TcpListener, ops::Range, time::Duration};

const PATIENCE: Duration = Duration::from_secs(90);

/// Publishes messages with these ids, all in one channel.
async fn publish(deployment: &Deployment, ids: Range<u64>) {
    for id in ids {
        let message = ChatMessage {
            message_id: id.into(),
            channel_id: "10".into(),
            content: format!("Crate {id} holds rope"),
            timestamp: "2026-11-02T12:34:56Z".parse().unwrap(),
            ..ChatMessage::default()
        };
        let record = Envelope::new(MessageEvent::Created(message), "test").encode().unwrap();
        deployment.bus.publish(record).await.unwrap();
    }
}

async fn stored(deployment: &Deployment) -> BTreeSet<u64> {
    deployment.stored().await.into_keys().collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the binaries and a Kafka: make test-kafka"]
async fn records_deleted_before_reading_are_reported_and_the_rest_is_read() {
    let Some(kafka) = TestKafka::any().await else { return };
    let deployment = Deployment::start(kafka, StoreChoice::Any).await;
    let processor = deployment.processor("before");
    publish(&deployment, 1..21).await;
    deployment.until("they are stored", PATIENCE, async || stored(&deployment).await.len() == 20).await;
    assert!(processor.terminate(PATIENCE).is_some_and(|(status, _)| status.success()));

    // As when a processor is away for longer than the topic keeps its records.
    publish(&deployment, 21..41).await;
    let lags = deployment.bus.lag(INDEX_GROUP, topics::MESSAGES).await.unwrap();
    let behind = lags.iter().find(|lag| lag.committed == Some(20)).expect("one partition holds them all");
    deployment.bus.delete_records(&behind.at, 30).await.unwrap();
    let processor = deployment.processor("after");
    let left: BTreeSet<u64> = (1..21).chain(31..41).collect();
    deployment.until("what is left is stored", PATIENCE, async || stored(&deployment).await == left).await;
    deployment.until("it is committed", PATIENCE, async || deployment.lag().await == 0).await;
    processor.says("offset reset (at offset 20", PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the binaries and a Kafka: make test-kafka"]
async fn a_topic_with_too_few_partitions_works_and_is_reported_with_a_remedy() {
    let Some(kafka) = TestKafka::any().await else { return };
    let narrow: Vec<TopicSpec> =
        topics::catalogue().into_iter().map(|spec| TopicSpec { partitions: 1, ..spec }).collect();
    let deployment = Deployment::with_topics(kafka, StoreChoice::Any, &narrow).await;
    let ana = deployment.discord.user("ana");
    let general = deployment.discord.guild("Harbour", &ana).text_channel("general");
    let bot = deployment.bot().await;
    let processors = [deployment.processor("one"), deployment.processor("two")];
    ana.say(&general, "The crane endpoint is /api/v2/cranes").unwrap();
    deployment.until("it is stored", PATIENCE, async || !deployment.stored().await.is_empty()).await;
    let question = ana.say(&general, "RTFM what is the crane endpoint?").unwrap();
    let answers = |message: &rtfm_testkit::discord::Message| {
        message.reply_to == Some(question) && message.content.contains("/api/v2/cranes")
    };
    general.wait_for_message("an answer", answers).await;
    for service in processors.iter().chain([&bot]) {
        let said = "discord-messages has 1 partition(s) instead of 3; `rtfm topics verify` says what to do";
        service.says(said, PATIENCE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the binaries and a Kafka: make test-kafka"]
async fn a_missing_topic_is_reported_and_waited_for() {
    let Some(kafka) = TestKafka::any().await else { return };
    let deployment = Deployment::with_topics(kafka, StoreChoice::Any, &[]).await;
    let ana = deployment.discord.user("ana");
    let general = deployment.discord.guild("Harbour", &ana).text_channel("general");
    let bot = deployment.bot().await;
    let processor = deployment.processor("one");
    ana.say(&general, "The crane endpoint is /api/v2/cranes").unwrap();
    for service in [&processor, &bot] {
        service.says("does not exist; create it with `rtfm topics create`", PATIENCE).await;
        let ready = service.get("/readyz").await;
        assert!(ready.starts_with("HTTP/1.0 503") && ready.contains("rtfm topics create"), "{ready}");
    }
    deployment.bus.create_topics(&topics::catalogue()).await.unwrap();
    deployment.until("it is stored", PATIENCE, async || !deployment.stored().await.is_empty()).await;
    let question = ana.say(&general, "RTFM what is the crane endpoint?").unwrap();
    let answers = |message: &rtfm_testkit::discord::Message| {
        message.reply_to == Some(question) && message.content.contains("/api/v2/cranes")
    };
    general.wait_for_message("an answer", answers).await;
    for service in [&processor, &bot] {
        let ready = service.get("/readyz").await;
        assert!(ready.starts_with("HTTP/1.0 200"), "{ready}");
    }
}

/// Somebody who takes connections and hangs up, as a broker does that wants TLS or a password.
fn hangs_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    address
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the binaries: make test-kafka"]
async fn a_refusing_broker_is_reported_and_waited_for() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for servers in [nobody, hangs_up()] {
        let deployment = Deployment::with_topics(TestKafka::Named(servers.clone()), StoreChoice::Own, &[]).await;
        for service in [deployment.bot().await, deployment.processor("one")] {
            service.says(&servers, PATIENCE).await;
            // A processor first reads what must not be remembered, a bot hears answers: both say that they wait.
            service.says(", retrying", PATIENCE).await;
            let ready = service.get("/readyz").await;
            assert!(ready.starts_with("HTTP/1.0 503"), "{ready}");
            assert!(ready.contains(&format!("Kafka at {servers} does not answer")), "{ready}");
            let (status, took) = service.terminate(Duration::from_secs(20)).expect("it ends when asked to");
            assert!(status.success(), "{status} after {took:?}");
        }
    }
}
