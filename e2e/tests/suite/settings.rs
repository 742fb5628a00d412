//! `/rtfm settings` applies at once in the bot and the processor, in every instance.

use crate::reader::seen;
use rtfm_e2e::{Backends, World};
use rtfm_memory::store::Filter;
use rtfm_testkit::gemini::{Fault, Rule};
use serde_json::{Value, json};
use std::time::Duration;

async fn settings(world: &World, words: &str, options: &[(&str, Value)]) -> String {
    world.discord.wait_for_command("rtfm").await;
    let used = world.ana.slash(&world.general, &format!("rtfm settings {words}"), options).unwrap();
    used.wait_answered().await.content
}

async fn kept(world: &World) -> Vec<String> {
    let all = world.store.scroll(&Filter::everything(None), None, 1000).await.unwrap();
    all.into_iter().map(|message| message.content).collect()
}

async fn forgotten_channels(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let lounge = world.guild.text_channel("lounge");
    world.hears(&world.ben, &lounge, "the zeppelin lands at noon").await;
    world.hears(&world.ana, &world.general, "the crane is red").await;
    let given = [("channels", json!("except")), ("add", json!(lounge.id().to_string()))];
    let told = settings(&world, "remembered", &given).await;
    assert!(told.contains("all channels except"), "{told}");
    let answer = world.asks(&world.ben, &world.general, "RTFM when does the zeppelin land?").await;
    assert!(!seen(&answer).contains("lands at noon"), "at once: {}", seen(&answer));
    world.until("the channel is forgotten", async || kept(&world).await == ["the crane is red"]).await;
    world.ben.say(&lounge, "the zeppelin lands at one").unwrap();
    world.hears(&world.ana, &world.general, "the crane is blue").await;
    assert_eq!(kept(&world).await, ["the crane is red", "the crane is blue"]);
    settings(&world, "remembered", &[("channels", json!("all"))]).await;
    world.hears(&world.ben, &lounge, "the zeppelin lands at two").await;
    world.finish().await;
}

#[tokio::test]
async fn excluded_channels_are_deleted_and_not_searched() {
    forgotten_channels(Backends::LOCAL).await;
    forgotten_channels(Backends { qdrant: true, ..Backends::LOCAL }).await;
}

#[tokio::test]
async fn messages_past_retention_are_deleted_and_not_found() {
    for backends in [Backends::LOCAL, Backends { qdrant: true, ..Backends::LOCAL }] {
        let Some(world) = World::start(backends).await else { return };
        let day = Duration::from_secs(86_400);
        // As a backfill publishes what was said long ago.
        let old = world.ana.said(&world.general, "the zeppelin lands at noon", day * 20).unwrap();
        let message = rtfm_shared::event::ChatMessage {
            message_id: old.get().into(),
            content: "the zeppelin lands at noon".to_owned(),
            username: "ana".to_owned(),
            user_id: world.ana.id().get().into(),
            channel_id: world.general.id().get().into(),
            guild_id: Some(world.guild.id().get().into()),
            timestamp: jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 20),
            ..rtfm_shared::event::ChatMessage::default()
        };
        let created = || {
            let event = rtfm_shared::event::MessageEvent::Created(message.clone());
            rtfm_shared::event::Envelope::new(event, "test/backfill").encode().unwrap()
        };
        world.bus.publish(created()).await.unwrap();
        world.remembers(old, "the zeppelin lands at noon").await;
        settings(&world, "memory", &[("retention-days", json!(7))]).await;
        let answer = world.asks(&world.ben, &world.general, "RTFM when does the zeppelin land?").await;
        assert!(!seen(&answer).contains("lands at noon"), "at once: {}", seen(&answer));
        world.forgets(old).await;
        world.bus.publish(created()).await.unwrap();
        world.hears(&world.ana, &world.general, "the crane is red").await;
        assert_eq!(kept(&world).await, ["the crane is red"], "nor indexed again");
        world.finish().await;
    }
}

#[tokio::test]
async fn persona_language_and_model_reach_the_model_and_a_wrong_model_is_reported() {
    let Some(world) = World::start(Backends::WITH_GEMINI).await else { return };
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    let given = [
        ("persona", json!("Speak like a harbour pilot.")),
        ("language", json!("Plattdeutsch")),
        ("model", json!("gemini-not-there")),
    ];
    settings(&world, "answers", &given).await;
    let missing = Rule::of(Fault::Status(404)).model("gemini-not-there").always();
    world.gemini().inject(missing);
    let heard = world.gemini().requests().len();
    let answer = world.asks(&world.ben, &world.general, "RTFM what is the crane endpoint?").await;
    let shown = seen(&answer);
    assert!(shown.contains("/api/v2/cranes") && shown.contains("gemini-not-there"), "{shown}");
    assert!(shown.contains("gave no answer"), "{shown}");
    let system: String =
        world.gemini().requests().split_off(heard).iter().map(|request| request.system_text()).collect();
    assert!(system.contains("<manner>Speak like a harbour pilot.</manner>") && system.contains("Plattdeutsch"));
    world.finish().await;
}

#[tokio::test]
async fn two_instances_share_settings_and_quota() {
    let Some(world) = World::start(Backends::LOCAL).await else { return };
    world.hears(&world.ana, &world.general, "the crane colour is red").await;
    let second = world.another_bot().await;
    let told = settings(&world, "limits", &[("user-per-hour", json!(1))]).await;
    assert!(told.contains("unlimited → 1"), "one of the two answers: {told}");
    let answer = world.asks(&world.ben, &world.general, "RTFM what is the crane colour?").await;
    assert!(seen(&answer).contains("red"), "{}", seen(&answer));
    let over = world.asks(&world.ben, &world.general, "RTFM and what is the crane colour now?").await;
    assert!(over.content.contains("limit of 1 question per person and hour"), "{}", over.content);
    let replies = world.general.messages().iter().filter(|message| message.reply_to.is_some()).count();
    assert_eq!(replies, 2, "one reply each: {}", world.discord.channel_view(&world.general));
    second.end().await;
    // The one that remains knows what the other one took, and a new one does.
    let third = world.another_bot().await;
    let used = world.ben.slash(&world.general, "ask", &[("question", json!("what is the crane colour?"))]).unwrap();
    let told = used.wait_answered().await.content;
    assert!(told.contains("limit of 1 question per person and hour"), "{told}");
    let shown = settings(&world, "show", &[]).await;
    assert!(shown.contains("**Questions per person and hour:** 1"), "{shown}");
    third.end().await;
    world.finish().await;
}
