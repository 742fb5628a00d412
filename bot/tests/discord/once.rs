//! One question, one reply: whatever is heard twice, by whomever, and whenever an instance dies.

use crate::support::{Stage, answer, until};
use rtfm_shared::event::{GuildSettings, Query};
use rtfm_testkit::discord::{Channel, Fault, Message};
use serde_json::json;
use serenity::all::{ChannelId, MessageId};
use std::time::Duration;

fn by_bot(stage: &Stage, channel: &Channel) -> Vec<Message> {
    let bot = stage.discord.bot().id();
    channel.messages().into_iter().filter(|message| message.author == bot).collect()
}

fn in_thread(settings: &mut GuildSettings, _: &Channel) {
    settings.answer_in_thread = true;
}

async fn both(stage: &Stage) -> Query {
    let all = until("both to ask", || Some(stage.queries()).filter(|all| all.len() == 2)).await;
    assert_eq!(all[0].query_id, all[1].query_id);
    assert_eq!(all[0].reply.placeholder_id, all[1].reply.placeholder_id);
    all[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_hear_the_same_message_reply_once() {
    for threads in [false, true] {
        let decide = |settings: &mut GuildSettings, general: &Channel| {
            if threads {
                in_thread(settings, general);
            }
        };
        let stage = Stage::deciding(decide).await;
        let (stop, other) = stage.another().await;
        let asked = stage.ben.say(&stage.general, "RTFM tell me all").unwrap();
        let query = both(&stage).await;
        let text = format!("First. {}\n\n{}", "And so on. ".repeat(150), "And on. ".repeat(200));
        stage.publish(answer(&query, &text)).await;
        stage.responses_done().await;
        stop.cancel();
        other.await.unwrap().unwrap();
        let thread = stage.discord.channel(ChannelId::new(asked.get()));
        let (here, elsewhere) = if threads { (&thread, &stage.general) } else { (&stage.general, &thread) };
        let shown = by_bot(&stage, here);
        assert_eq!(shown.len(), 2, "two parts, once each: {}", here.view());
        assert_eq!(shown[0].content.matches("First.").count(), 1);
        assert!(by_bot(&stage, elsewhere).is_empty());
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_hear_the_same_command_answer_once() {
    let stage = Stage::start().await;
    let (stop, other) = stage.another().await;
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("where?"))]).unwrap();
    let query = both(&stage).await;
    stage.publish(answer(&query, "At the pier [1].")).await;
    asked.wait_for_response("the answer", |one| one.content.contains("At the pier")).await;
    stage.responses_done().await;
    stop.cancel();
    other.await.unwrap().unwrap();
    assert_eq!(by_bot(&stage, &stage.general).len(), 1, "{}", stage.general.view());
    stage.end().await;
}

/// A question whose placeholder is posted and that dies with its instance.
async fn orphan(threads: bool) -> (Stage, MessageId, Message) {
    let decide = |settings: &mut GuildSettings, general: &Channel| {
        if threads {
            in_thread(settings, general);
        }
    };
    let stage = Stage::deciding(decide).await;
    // Carried out, but the bot does not hear of it.
    stage.discord.fault("POST", "/channels/*/messages", 1, Fault::delay(Duration::from_secs(3600)));
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let place = if threads { ChannelId::new(asked.get()) } else { stage.general.id() };
    let searching = |message: &Message| message.content == "Searching…";
    let place = stage.discord.wait_for_message(place, "a placeholder", searching).await;
    let stage = stage.kill().await;
    // Discord has forgotten the nonce by now.
    stage.discord.advance(Duration::from_secs(600));
    (stage, asked, place)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_dies_before_it_asks_leaves_a_placeholder_that_the_next_one_uses() {
    for threads in [false, true] {
        let (stage, asked, placeholder) = orphan(threads).await;
        assert!(stage.queries().is_empty());
        stage.general.redeliver(asked);
        let query = stage.query("where is the crane?").await;
        assert_eq!(query.reply.placeholder_id, Some(placeholder.id.get().into()));
        stage.publish(answer(&query, "At the pier [1].")).await;
        stage.responses_done().await;
        let channel = stage.discord.channel(placeholder.channel);
        let shown = by_bot(&stage, &channel);
        assert_eq!(shown.len(), 1, "{}", channel.view());
        assert!(shown[0].content.starts_with("At the pier"));

        // Once more, when it is answered: nothing.
        stage.general.redeliver(asked);
        stage.discord.advance(Duration::from_secs(600));
        stage.ben.say(&stage.general, "RTFM next").unwrap();
        stage.query("next").await;
        assert_eq!(stage.queries().len(), 2);
        assert_eq!(by_bot(&stage, &channel).len(), if threads { 1 } else { 2 }, "{}", channel.view());
        stage.end().await;
    }
}
