//! A busy processor receives SIGTERM: it drains, commits and exits, and no work is repeated.

use rtfm_e2e::{Deployment, StoreChoice, TestKafka};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP};
use rtfm_shared::{
    bus::{Record, topics},
    event::{Envelope, MessageEvent, Query, Response},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(120);
const IN_ORDER: Duration = Duration::from_secs(10);
const MESSAGES: usize = 3_000;
/// Messages that are known beforehand, so that there is something to answer from.
const KNOWN: usize = 200;
const QUESTIONS: usize = 60;

/// The records of a topic that a group has committed, and those it has not.
async fn split(deployment: &Deployment, group: &str, topic: &str) -> (Vec<Record>, Vec<Record>) {
    let lags = deployment.bus.lag(group, topic).await.unwrap();
    let committed: BTreeMap<i32, i64> =
        lags.iter().map(|lag| (lag.at.partition, lag.committed.unwrap_or_default())).collect();
    let records = deployment.records(topic).await;
    records.into_iter().partition(|record| record.offset < committed[&record.at.partition])
}

fn message(record: &Record) -> u64 {
    match Envelope::<MessageEvent>::decode(record).unwrap().event {
        MessageEvent::Created(message) => message.message_id.snowflake().unwrap(),
        other => panic!("nothing else was said: {other:?}"),
    }
}

fn question(record: &Record) -> String {
    Envelope::<Query>::decode(record).unwrap().event.query_id.0
}

async fn answered(deployment: &Deployment) -> Vec<String> {
    let responses = deployment.records(topics::RESPONSES).await;
    responses.iter().map(|record| Envelope::<Response>::decode(record).unwrap().event.query_id.0).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the binaries and a Kafka: make test-kafka"]
async fn a_terminated_processor_drains_and_commits() {
    let Some(kafka) = TestKafka::any().await else { return };
    let mut deployment = Deployment::start(kafka, StoreChoice::Own).await;
    deployment.with_gemini();
    // Long enough that answers are under way when it is asked to end, short enough to be finished then.
    deployment.gemini.set_latency(Duration::from_secs(3));
    let ana = deployment.discord.user("ana");
    let guild = deployment.discord.guild("Harbour", &ana);
    let channels: Vec<_> = (0..9).map(|number| guild.text_channel(&format!("berth-{number}"))).collect();
    let _bot = deployment.bot().await;
    let say = |number: usize| ana.say(&channels[number % 9], &format!("Crate {number} holds rope")).unwrap().get();
    let mut said: BTreeSet<u64> = (0..KNOWN).map(say).collect();
    let first = deployment.processor("first");
    deployment.until("some are known", PATIENCE, async || deployment.stored().await.len() == KNOWN).await;
    assert!(first.terminate(IN_ORDER).is_some_and(|(status, _)| status.success()));

    said.extend((KNOWN..MESSAGES).map(say));
    for number in 0..QUESTIONS {
        ana.say(&channels[number % 9], &format!("RTFM what does crate {number} hold?")).unwrap();
    }
    let waiting = async |topic: &str| deployment.records(topic).await.len();
    deployment
        .until("everything waits on the topics", PATIENCE, async || {
            waiting(topics::MESSAGES).await == MESSAGES + QUESTIONS && waiting(topics::QUERIES).await == QUESTIONS
        })
        .await;
    let processor = deployment.processor("leaving");
    let asked_gemini = || deployment.gemini.requests().iter().filter(|request| request.method.generates()).count();
    deployment
        .until("it writes messages and answers", PATIENCE, async || {
            asked_gemini() >= 10 && deployment.stored().await.len() > KNOWN
        })
        .await;

    let (under_way, finished) = (asked_gemini(), answered(&deployment).await.len());
    let (status, took) = processor.terminate(IN_ORDER).expect("it ends within ten seconds");
    assert!(status.success(), "{status}");
    let (committed, left) = split(&deployment, INDEX_GROUP, topics::MESSAGES).await;
    let is_said = |record: &&Record| said.contains(&message(record));
    let done: BTreeSet<u64> = committed.iter().filter(is_said).map(message).collect();
    let stored: BTreeSet<u64> = deployment.stored().await.into_keys().collect();
    assert_eq!(stored, done, "what is stored is committed, and what is committed is stored");
    let (asked, _) = split(&deployment, ANSWER_GROUP, topics::QUERIES).await;
    let before: BTreeSet<String> = answered(&deployment).await.into_iter().collect();
    assert_eq!(before, asked.iter().map(question).collect(), "what is answered is committed, and the reverse");
    println!(
        "asked to end with {} answers under way: exit 0 after {took:.1?}; {} messages and {} answers done and committed, \
         {} messages left to the next",
        under_way - finished,
        done.len(),
        before.len(),
        left.len()
    );

    let _next = deployment.processor("next");
    deployment
        .until("the next does the rest", PATIENCE, async || {
            deployment.stored().await.len() == MESSAGES && answered(&deployment).await.len() >= QUESTIONS
        })
        .await;
    deployment.until("all is committed", PATIENCE, async || deployment.lag().await == 0).await;
    let all = answered(&deployment).await;
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (QUESTIONS, QUESTIONS), "each once");
    assert_eq!(deployment.dead_letters().await, Vec::<(String, i64)>::new());
    deployment.discord.finish();
}
