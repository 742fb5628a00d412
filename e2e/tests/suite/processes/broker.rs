//! The broker stops, is killed, and a process freezes, while people write and ask.

use rtfm_e2e::{Chance, Crowd, Deployment, StoreChoice, TestKafka};
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::bus::topics;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(180);
/// How long the broker is away.
const AWAY: Duration = Duration::from_secs(20);

/// Some traffic: messages with their edits and deletions, and questions.
fn talk(crowd: &mut Crowd, chance: &mut Chance, messages: usize, questions: usize) {
    (0..messages).for_each(|_| crowd.writes(chance));
    (0..questions).for_each(|_| crowd.asks(chance));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute long: make test-kafka"]
async fn stopping_and_killing_the_broker_loses_no_message() {
    let mut chance = Chance::seeded();
    let Some(kafka) = TestKafka::own().await else { return };
    let broker = kafka.broker().clone();
    let deployment = Deployment::start(kafka, StoreChoice::Many).await;
    let mut crowd = Crowd::gather(&deployment.discord, 6);
    let _bot = deployment.bot().await;
    let _processors = [deployment.processor("one"), deployment.processor("two")];

    for stops in [true, false] {
        talk(&mut crowd, &mut chance, 300, 10);
        let gone = broker.clone();
        let going = move || if stops { gone.stop() } else { gone.kill() };
        tokio::task::spawn_blocking(going).await.unwrap();
        let since = Instant::now();
        talk(&mut crowd, &mut chance, 300, 10);
        if stops {
            tokio::time::sleep(AWAY).await;
        }
        let again = broker.clone();
        tokio::task::spawn_blocking(move || again.start_again()).await.unwrap().unwrap();
        println!("the broker was {} for {:.0?}", if stops { "stopped" } else { "killed" }, since.elapsed());
        talk(&mut crowd, &mut chance, 300, 10);
        deployment.audit(&crowd, PATIENCE).await;
    }
    deployment.discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute long: make test-kafka"]
async fn a_frozen_process_is_replaced_and_rejoins() {
    let mut chance = Chance::seeded();
    let Some(kafka) = TestKafka::any().await else { return };
    // Not a shared file: a process that stands still could hold its lock.
    let mut deployment = Deployment::start(kafka, StoreChoice::Any).await;
    // Longer than both: a frozen process sends no heartbeats either, so the others get its work when its session
    // is over (six seconds); thawed, it finds that it should have polled long ago.
    let polls = Duration::from_secs(15);
    deployment.set("KAFKA_MAX_POLL_INTERVAL_SECONDS", &polls.as_secs().to_string());
    let mut crowd = Crowd::gather(&deployment.discord, 6);
    let _bot = deployment.bot().await;
    let (frozen, _other) = (deployment.processor("frozen"), deployment.processor("other"));
    let members = async |count: usize| {
        deployment.bus.members(INDEX_GROUP, topics::MESSAGES).await.is_ok_and(|members| members == count)
    };
    deployment.until("both are members", PATIENCE, async || members(2).await).await;

    talk(&mut crowd, &mut chance, 200, 10);
    frozen.freeze();
    let since = Instant::now();
    talk(&mut crowd, &mut chance, 100, 10);
    deployment.until("the one that stands still is put out", PATIENCE, async || members(1).await).await;
    // What it held is done by the other: nobody waits for it.
    deployment.audit(&crowd, PATIENCE).await;
    tokio::time::sleep((polls + Duration::from_secs(1)).saturating_sub(since.elapsed())).await;
    talk(&mut crowd, &mut chance, 100, 10);
    frozen.thaw();
    println!("a consumer stood still for {:.0?}", since.elapsed());
    deployment.until("it is a member again", PATIENCE, async || members(2).await).await;
    talk(&mut crowd, &mut chance, 100, 10);
    deployment.audit(&crowd, PATIENCE).await;
    deployment.discord.finish();
}
