//! Bots die while people write, ask, and have histories read; another bot always runs.

use rtfm_e2e::{Chance, Crowd, Deployment, StoreChoice, TestKafka};
use rtfm_shared::bus::topics;
use serde_json::json;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(180);
const HISTORY: u64 = 450;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute long: make test-kafka"]
async fn killed_bots_lose_no_message_and_answer_once() {
    let mut chance = Chance::seeded();
    let Some(kafka) = TestKafka::any().await else { return };
    let deployment = Deployment::start(kafka, StoreChoice::Many).await;
    let mut crowd = Crowd::gather(&deployment.discord, 6);
    let (owner, harbour) = (crowd.owner(), crowd.channels[0].clone());
    for n in 0..HISTORY {
        let long_ago = Duration::from_secs(86_400 * 3 - n);
        owner.said(&harbour, &format!("Crate {n} of old holds rope"), long_ago).unwrap();
    }
    let one = deployment.bot_named("bot-one").await;
    let mut two = deployment.bot_named("bot-two").await;
    let _processor = deployment.processor("processor");
    let share = async || deployment.bus.members("rtfm-bot", topics::RESPONSES).await.is_ok_and(|members| members == 2);
    deployment.until("both share the answers", PATIENCE, share).await;

    let talk = |crowd: &mut Crowd, chance: &mut Chance| {
        (0..150).for_each(|_| crowd.writes(chance));
        (0..15).for_each(|_| crowd.asks(chance));
    };
    // How far the reading has come is told elsewhere: here stands only what people say.
    let office = crowd.guild.text_channel("office");
    deployment.discord.wait_for_command("backfill").await;
    owner.slash(&office, "backfill", &[("channel", json!(harbour.id().to_string()))]).unwrap();
    talk(&mut crowd, &mut chance);
    one.kill();
    talk(&mut crowd, &mut chance);
    let one = deployment.bot_named("bot-one").await;
    talk(&mut crowd, &mut chance);
    two.kill();
    talk(&mut crowd, &mut chance);
    two = deployment.bot_named("bot-two").await;
    deployment.audit(&crowd, PATIENCE).await;
    for bot in [one, two] {
        let (status, took) = bot.terminate(Duration::from_secs(20)).expect("it ends when asked to");
        assert!(status.success(), "{status} after {took:?}");
    }
    deployment.discord.finish();
}
