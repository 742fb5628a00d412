//! Processors are killed and terminated while thousands of messages and questions flow.

use rtfm_e2e::{Chance, Crowd, Deployment, Service, StoreChoice, TestKafka};
use std::time::{Duration, Instant};

const MESSAGES: usize = 10_000;
const QUESTIONS: usize = 1_000;
const KILLS: usize = 20;
const FAREWELLS: usize = 6;
/// What processors may take to end in order.
const IN_ORDER: Duration = Duration::from_secs(10);
/// How long everything may take to come to rest afterwards.
const REST: Duration = Duration::from_secs(300);

/// The first processor has a seat of its own in its groups (static membership), the others come and go.
fn processor(deployment: &Deployment, number: usize) -> Service {
    let name = format!("processor-{number}");
    match number {
        0 => deployment.processor_with(&name, &[("KAFKA_GROUP_INSTANCE_ID", "processor-0")]),
        _ => deployment.processor(&name),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: make test-kafka"]
async fn killed_processors_lose_and_repeat_no_message() {
    let mut chance = Chance::seeded();
    let Some(kafka) = TestKafka::any().await else { return };
    let deployment = Deployment::start(kafka, StoreChoice::Many).await;
    let mut crowd = Crowd::gather(&deployment.discord, 20);
    let bot = deployment.bot().await;
    let mut processors: Vec<Service> = (0..3).map(|number| processor(&deployment, number)).collect();

    let (began, mut kills, mut farewells) = (Instant::now(), 0, 0);
    let steps = KILLS + FAREWELLS;
    for step in 0..steps {
        for _ in 0..MESSAGES / steps + usize::from(step < MESSAGES % steps) {
            crowd.writes(&mut chance);
        }
        for _ in 0..QUESTIONS / steps + usize::from(step < QUESTIONS % steps) {
            crowd.asks(&mut chance);
        }
        // The faults follow the traffic and not the clock: some of it is always under way.
        let due = crowd.questions.len() * step / steps / 2;
        deployment
            .until("half of the questions so far are answered", REST, async || {
                crowd.questions.len() - deployment.unanswered(&crowd).len() >= due
            })
            .await;
        let number = chance.below(processors.len());
        let going = processors.remove(number);
        let kill = kills < KILLS && (farewells == FAREWELLS || chance.below(steps - step) < KILLS - kills);
        if kill {
            going.kill();
            kills += 1;
        } else {
            let (status, took) = going.terminate(IN_ORDER).expect("it ends within ten seconds");
            assert!(status.success(), "{status} after {took:?}");
            farewells += 1;
        }
        tokio::time::sleep(Duration::from_millis(chance.number() % 1500)).await;
        processors.insert(number, processor(&deployment, number));
    }
    println!("{kills} SIGKILL and {farewells} SIGTERM within {:.0?} of traffic", began.elapsed());

    deployment.audit(&crowd, REST).await;
    for service in processors.into_iter().chain([bot]) {
        let (status, took) = service.terminate(IN_ORDER * 2).expect("it ends when asked to");
        assert!(status.success(), "{status} after {took:?}");
    }
    deployment.discord.finish();
    println!("the storm: {kills} killed, {farewells} sent away, at rest after {:.0?}", began.elapsed());
}
