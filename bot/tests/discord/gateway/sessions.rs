//! What Discord asks of a session: another connection, another session; and what it says twice or says badly.

use super::scene::{Before, Way, answers, quick, said, stage, survives, times_said};
use crate::{
    health::{becomes, open_door, ready},
    support::{bus, launch, until, within},
};
use rtfm_bot::{Bot, BotConfig};
use rtfm_shared::event::MessageEvent;
use rtfm_testkit::discord::FakeDiscord;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn op_7_is_followed_by_another_connection_and_the_session_resumed() {
    let stage = stage().await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.reconnect()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_without_a_number_of_its_own_is_a_greeting() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    discord.gateway().resumed_without_number();
    let config = quick(BotConfig::new(discord.token()).with_client(discord.http_client()));
    let bot = Bot::new(config, Arc::new(bus()));
    let stop = CancellationToken::new();
    let (door, close) = open_door(&bot).await;
    let running = launch(bot, &stop).0;
    within("the bot to be ready", becomes(door, 200)).await;
    discord.gateway().reconnect();
    discord.wait_for("a resumption", || (discord.gateway().resumes() == 1).then_some(())).await;
    within("the bot to be ready again", becomes(door, 200)).await;
    // Longer than the bot waits for a greeting.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((ready(door).await.0, discord.gateway().connections()), (200, 2));
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    close.cancel();
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn op_9_says_whether_the_session_can_be_resumed() {
    let stage = stage().await;
    survives(&stage, Way::Resumed, 1, |gateway| gateway.invalidate(true)).await;
    survives(&stage, Way::Identified, 1, |gateway| gateway.invalidate(false)).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_interruptions_lose_nothing() {
    let stage = stage().await;
    let gateway = stage.discord.gateway();
    let before = Before::of(&stage);
    let lines: Vec<String> = (0..30).map(|n| format!("line {n}")).collect();
    for (n, line) in lines.iter().enumerate() {
        stage.ana.say(&stage.general, line).unwrap();
        match n {
            5 => gateway.reconnect(),
            12 => gateway.reset(),
            20 => gateway.close(4000),
            _ => {}
        }
        if matches!(n, 5 | 12 | 20) {
            let resumed = gateway.resumes();
            stage.discord.wait_for("a resumption", || (gateway.resumes() > resumed).then_some(())).await;
        }
    }
    until("the last line", || (times_said(&stage, "line 29") > 0).then_some(())).await;
    let mut heard: Vec<String> = Vec::new();
    for event in stage.said() {
        // What is read over REST as well comes again.
        if let MessageEvent::Created(message) = event
            && !heard.contains(&message.content)
        {
            heard.push(message.content);
        }
    }
    assert_eq!(heard, lines, "whole and in order");
    answers(&stage, "still there?").await;
    before.was_calm(&stage, 3);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guild_that_is_left_while_nobody_listens_is_forgotten() {
    let stage = stage().await;
    let other = stage.discord.guild("Island", &stage.ben);
    let cove = other.text_channel("cove");
    stage.ben.say(&cove, "heard on the island").unwrap();
    until("the other guild to be heard", || (times_said(&stage, "heard on the island") > 0).then_some(())).await;
    survives(&stage, Way::Identified, 2, |gateway| {
        gateway.forget_sessions();
        gateway.reset();
        other.remove(&stage.discord.bot());
    })
    .await;
    let left = |event: &MessageEvent| match event {
        MessageEvent::GuildLeft(left) => Some(left.guild_id.clone()),
        _ => None,
    };
    until("the guild to be forgotten", || stage.said().iter().find_map(left)).await;
    let guilds: Vec<_> = stage.said().iter().filter_map(left).collect();
    assert!(guilds.iter().all(|guild| *guild == other.id().get().into()), "that one alone: {guilds:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_twice_is_one_question_and_one_answer() {
    let stage = stage().await;
    let gateway = stage.discord.gateway();
    let before = Before::of(&stage);
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    // It is the last message until the placeholder comes, and the placeholder is nobody's question.
    gateway.repeat_last("MESSAGE_CREATE");
    stage.query("where is the crane?").await;
    said(&stage, "something else").await;
    let replies = stage.general.messages().into_iter().filter(|message| message.reply_to == Some(asked)).count();
    assert_eq!(replies, 1, "{}", stage.general.view());
    answers(&stage, "and now?").await;
    before.was_calm(&stage, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_passed_over() {
    let stage = stage().await;
    let gateway = stage.discord.gateway();
    let before = Before::of(&stage);
    for event in ["MESSAGE_CREATE", "MESSAGE_UPDATE", "GUILD_CREATE", "INTERACTION_CREATE", "NEVER_HEARD_OF"] {
        gateway.send_malformed(event);
    }
    for text in ["{", "", "null", "[]", "{\"op\":0}", "{\"op\":77,\"d\":null}", "{\"op\":0,\"t\":1,\"s\":2,\"d\":{}}"] {
        gateway.send_raw(text);
    }
    answers(&stage, "did that hurt?").await;
    before.was_calm(&stage, 0);
    // What could not be read counts as seen: it is not played back.
    survives(&stage, Way::Resumed, 1, |gateway| gateway.reconnect()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_a_guild_is_none_of_the_bot() {
    let stage = stage().await;
    let before = Before::of(&stage);
    stage.guild.set_available(false);
    stage.guild.set_available(true);
    answers(&stage, "are you back?").await;
    assert!(!stage.said().iter().any(|event| matches!(event, MessageEvent::GuildLeft(_))), "nothing is forgotten");
    before.was_calm(&stage, 0);
    stage.end().await;
}
