//! The store is unavailable for a minute: messages wait, the answers say so, and no message is lost.

use rtfm_e2e::{Chance, Crowd, Deployment, StoreChoice, TestKafka};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(180);
const AWAY: Duration = Duration::from_secs(60);
/// How long people wait for an answer here: well within the outage.
const DEADLINE_SECONDS: &str = "15";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two minutes long: make test-kafka"]
async fn an_unavailable_store_delays_and_loses_no_message() {
    let mut chance = Chance::seeded();
    let Some(kafka) = TestKafka::any().await else { return };
    let mut deployment = Deployment::start(kafka, StoreChoice::Own).await;
    deployment.set("ANSWER_DEADLINE_SECONDS", DEADLINE_SECONDS);
    let mut crowd = Crowd::gather(&deployment.discord, 6);
    let _bot = deployment.bot().await;
    let processors = [deployment.processor("one"), deployment.processor("two")];
    (0..100).for_each(|_| crowd.writes(&mut chance));
    deployment.audit(&crowd, PATIENCE).await;

    deployment.qdrant.as_mut().unwrap().stop().await;
    let since = Instant::now();
    (0..300).for_each(|_| crowd.writes(&mut chance));
    (0..20).for_each(|_| crowd.asks(&mut chance));
    let open = async || {
        let mut open = 0.0;
        for processor in &processors {
            open += processor.metric("rtfm_breaker_open", &["dependency=\"rtfm/index\""]).await;
        }
        open > 0.0
    };
    deployment.until("the circuit to the store opens", PATIENCE, open).await;
    deployment.until("every asker is told", PATIENCE, async || deployment.unanswered(&crowd).is_empty()).await;
    let told = since.elapsed();
    for (place, question) in &crowd.questions {
        let reply = crowd.channels[*place].messages().into_iter().find(|message| message.reply_to == Some(*question));
        let said = reply.map(|message| message.content).unwrap_or_default();
        assert!(said.contains("My memory is unavailable"), "{said}");
    }
    assert!(deployment.lag().await > 0, "what was said waits on its partition");
    tokio::time::sleep(AWAY.saturating_sub(since.elapsed())).await;
    assert!(open().await, "and it waits still");
    assert_eq!(deployment.dead_letters().await, Vec::<(String, i64)>::new());

    deployment.qdrant.as_mut().unwrap().start_again().await;
    println!("the store was away for {:.0?}; the last asker was told after {told:.0?}", since.elapsed());
    deployment.audit(&crowd, PATIENCE).await;
    let closed = async || !open().await;
    deployment.until("the circuit closes", PATIENCE, closed).await;
    crowd.asks(&mut chance);
    deployment.audit(&crowd, PATIENCE).await;
    deployment.discord.finish();
}
