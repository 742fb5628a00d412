//! The whole system as it is deployed, without faults.

use rtfm_e2e::{Deployment, StoreChoice, TestKafka};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the binaries and a Kafka: make test-kafka"]
async fn separate_processes_index_answer_and_forget() {
    let Some(kafka) = TestKafka::any().await else { return };
    let deployment = Deployment::start(kafka, StoreChoice::Any).await;
    let ana = deployment.discord.user("ana");
    let guild = deployment.discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    let bot = deployment.bot().await;
    let processors = [deployment.processor("one"), deployment.processor("two")];

    let said = ana.say(&general, "The crane endpoint is /api/v2/cranes").unwrap();
    let stored = async |text: &str| deployment.stored().await.get(&said.get()).is_some_and(|found| found == text);
    deployment.until("it is stored", PATIENCE, async || stored("The crane endpoint is /api/v2/cranes").await).await;
    let question = ana.say(&general, "RTFM what is the crane endpoint?").unwrap();
    let answer = general
        .wait_for_message("an answer", |message| {
            message.reply_to == Some(question) && message.content.contains("/api/v2/cranes")
        })
        .await;
    let link = format!("https://discord.com/channels/{}/{}/{said}", guild.id(), general.id());
    assert!(answer.content.contains(&link), "{}", answer.content);

    ana.edit(&general, said, "The crane endpoint is /api/v3/cranes").unwrap();
    deployment.until("the edit", PATIENCE, async || stored("The crane endpoint is /api/v3/cranes").await).await;
    ana.delete(&general, said).unwrap();
    deployment.until("it is forgotten", PATIENCE, async || deployment.stored().await.is_empty()).await;
    let question = ana.say(&general, "RTFM what is the crane endpoint?").unwrap();
    general
        .wait_for_message("no answer", |message| {
            message.reply_to == Some(question) && message.content.contains("I found nothing")
        })
        .await;
    assert_eq!(deployment.dead_letters().await, Vec::<(String, i64)>::new());
    for service in processors.into_iter().chain([bot]) {
        let (status, took) = service.terminate(Duration::from_secs(20)).expect("it ends when asked to");
        assert!(status.success(), "{status} after {took:?}");
    }
    deployment.discord.finish();
}
