//! What may not be remembered is shown nowhere, from the moment of the decision, and secrets are masked on every way out:
//! in the answer, on the bus, under *Sources* and in the message menu.

use crate::reader::{link, seen};
use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    bus::{TopicPartition, topics},
    event::{ChatMessage, Envelope, MessageEvent, Response},
};
use rtfm_testkit::discord::Message;
use serde_json::{Value, json};
use std::time::Duration;

/// Looks like a key, and is put together here so that nothing in the sources does.
fn token() -> String {
    format!("ghp_{}", "aB3dE6gH9jK2".repeat(3))
}

async fn settings(world: &World, words: &str, options: &[(&str, Value)]) {
    world.discord.wait_for_command("rtfm").await;
    world.ana.slash(&world.general, &format!("rtfm settings {words}"), options).unwrap().wait_answered().await;
}

/// The responses so far, as they are on the bus.
async fn responses(world: &World) -> Vec<Response> {
    let mut responses = Vec::new();
    for partition in 0..3 {
        let records = world.bus.read(&TopicPartition::new(topics::RESPONSES, partition), 0, 100).await.unwrap();
        responses.extend(records.iter().map(|record| Envelope::decode(record).unwrap().event));
    }
    responses
}

async fn shown_as_decided(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);
    let lounge = world.guild.text_channel("lounge");
    let keyed = world.hears(ana, general, &format!("the zeppelin opens with {}", token())).await;
    let of_ben = world.hears(ben, general, "the zeppelin lands at noon").await;
    let left_out = world.hears(ana, &lounge, "the zeppelin smells of tea").await;
    let aged = ana.said(general, "the zeppelin was green", Duration::from_secs(20 * 86_400)).unwrap();
    // As a backfill publishes what was said long ago.
    let message = ChatMessage {
        message_id: aged.get().into(),
        content: "the zeppelin was green".to_owned(),
        username: "ana".to_owned(),
        user_id: ana.id().get().into(),
        channel_id: general.id().get().into(),
        guild_id: Some(world.guild.id().get().into()),
        timestamp: jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 20),
        ..ChatMessage::default()
    };
    world.bus.publish(Envelope::new(MessageEvent::Created(message), "test/backfill").encode().unwrap()).await.unwrap();
    world.remembers(aged, "the zeppelin was green").await;

    let asked = ana.say(general, "RTFM zeppelin").unwrap();
    let finished = |one: &Message| one.reply_to == Some(asked) && !one.buttons().is_empty();
    let answer = general.wait_for_message("the answer", finished).await;
    let text = seen(&answer);
    let cited = [(general, keyed), (general, of_ben), (&lounge, left_out), (general, aged)];
    for (channel, message) in cited {
        assert!(text.contains(&link(&world, channel, message)), "{text}");
    }
    assert!(text.contains("ghp_…(masked)") && !text.contains(&token()), "{text}");
    let sent = serde_json::to_string(&responses(&world).await).unwrap();
    assert!(sent.contains("ghp_…(masked)") && !sent.contains(&token()), "{sent}");

    world.discord.wait_for_command("privacy").await;
    ben.slash(general, "privacy opt-out", &[]).unwrap().wait_answered().await;
    settings(&world, "remembered", &[("channels", json!("except")), ("add", json!(lounge.id().to_string()))]).await;
    settings(&world, "memory", &[("retention-days", json!(7))]).await;

    let button = answer.buttons().into_iter().find(|id| id.starts_with("r1:s:")).unwrap();
    let listed = ana.click(general, answer.id, &button).unwrap();
    let listed = listed.wait_for_response("the sources", |one| one.is_ephemeral() && !one.is_loading()).await.content;
    let line = |message: serenity::all::MessageId| {
        let id = message.to_string();
        listed.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("{id} in {listed}")).to_owned()
    };
    assert!(line(keyed).contains("`the zeppelin opens with ghp_…(masked)`"), "{listed}");
    for (_, message) in &cited[1..] {
        assert!(line(*message).ends_with(") *not remembered*"), "{listed}");
    }

    let carl = world.discord.user("carl");
    world.guild.join(&carl, &[]);
    let menu = |channel, message| carl.message_command(channel, "What is known about this?", message).unwrap();
    for (channel, message) in &cited[1..] {
        let told = menu(*channel, *message)
            .wait_for_response("words", |one| one.is_ephemeral() && !one.is_loading())
            .await
            .content;
        assert!(told.contains("not remembered") && !told.contains("zeppelin"), "{told}");
    }
    let told = menu(general, keyed).wait_for_response("an answer", |one| !one.buttons().is_empty()).await;
    let told = seen(&told);
    assert!(told.starts_with("> ana: the zeppelin opens with ghp_…(masked)") && !told.contains(&token()), "{told}");
    world.finish().await;
}

#[tokio::test]
async fn what_may_not_be_remembered_is_not_shown_and_secrets_are_masked() {
    shown_as_decided(Backends::LOCAL).await;
    shown_as_decided(Backends { qdrant: true, ..Backends::LOCAL }).await;
    shown_as_decided(Backends { kafka: true, qdrant: true, gemini: false }).await;
}
