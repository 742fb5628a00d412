//! Without the message-content intent: what is said to the bot is answered, nothing is remembered, and everybody
//! is told so.

use super::scene::quick;
use crate::{
    health,
    support::{Stage, answer, bus, launch, within},
};
use rtfm_bot::{Bot, BotConfig};
use rtfm_shared::event::MessageEvent;
use rtfm_testkit::discord::{Builder, FakeDiscord};
use serde_json::json;
use serenity::all::GatewayIntents;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn refusing() -> Builder {
    FakeDiscord::builder().without_message_content().without_rate_limits()
}

/// Every way to ask that is left works, and nothing empty is remembered.
async fn works(stage: &Stage) {
    let bot = stage.discord.bot().mention();
    let unreadable = stage.ben.say(&stage.general, "RTFM this text is blank to the bot").unwrap();
    stage.ben.edit(&stage.general, unreadable, "RTFM and this one as well").unwrap();
    stage.ben.say_with_file(&stage.general, "", "plan.pdf", "application/pdf", "%PDF").unwrap();

    let asked = stage.ben.say(&stage.general, &format!("{bot} a mention?")).unwrap();
    let query = stage.query("a mention?").await;
    stage.publish(answer(&query, "Heard.")).await;
    let shown = stage.general.wait_for_message("the answer", |message| message.content.contains("Heard.")).await;
    assert_eq!(shown.reply_to, Some(asked));
    stage.ben.reply_quietly(&stage.general, shown.id, "a reply that does not mention it").unwrap();
    // A reply mentions whom it replies to.
    stage.ben.reply(&stage.general, shown.id, "a reply?").unwrap();
    stage.query("a reply?").await;
    stage.ben.say(&stage.ben.direct(), "a direct message?").unwrap();
    stage.query("a direct message?").await;
    let command = stage.ben.slash(&stage.general, "ask", &[("question", json!("a command?"))]).unwrap();
    let query = stage.query("a command?").await;
    stage.publish(answer(&query, "Heard, too.")).await;
    assert!(command.wait_answered().await.content.contains("Heard, too."));
    assert_eq!(stage.queries().len(), 4, "{:?}", stage.queries());

    let bot = stage.discord.bot().id();
    let by_bot = stage.general.messages().into_iter().filter(|message| message.author == bot).count();
    assert_eq!(by_bot, 3, "what it cannot read it does not answer: {}", stage.general.view());

    for event in stage.said() {
        if let MessageEvent::Created(message) | MessageEvent::Updated(message) = event {
            assert!(message.metadata.asks_bot && !message.content.is_empty(), "it is remembered: {message:?}");
        }
    }
}

async fn help(stage: &Stage) -> String {
    stage.discord.wait_for_command("help").await;
    stage.ben.slash(&stage.general, "help", &[]).unwrap().wait_answered().await.content
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_does_not_ask_for_content_answers_what_is_said_to_it() {
    let stage = Stage::with(refusing(), |config| BotConfig { message_content: false, ..quick(config) }).await;
    assert_eq!(stage.discord.gateway().identifies(), 1);
    works(&stage).await;
    let help = help(&stage).await;
    assert!(help.contains("New messages are not remembered") && help.contains("switched that off"), "{help}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_refused_the_content_goes_on_without_it_and_says_so() {
    let stage = Stage::with(refusing(), quick).await;
    let gateway = stage.discord.gateway();
    assert_eq!(gateway.identifies(), 2, "once with the intent, once without");
    assert!(!gateway.intents().iter().any(|intents| intents.contains(GatewayIntents::MESSAGE_CONTENT)));
    works(&stage).await;
    let help = help(&stage).await;
    assert!(help.contains("New messages are not remembered") && help.contains("developer portal"), "{help}");
    // It stays so when the session breaks.
    gateway.invalidate(false);
    stage.discord.wait_for("another session", || (gateway.identifies() == 3).then_some(())).await;
    gateway.wait_connected().await;
    let bot = stage.discord.bot().mention();
    stage.ben.say(&stage.general, &format!("{bot} still there?")).unwrap();
    stage.query("still there?").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_content_nothing_is_said_of_a_lack() {
    let stage = super::scene::stage().await;
    assert!(!help(&stage).await.contains("not remembered here"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_what_to_switch_on() {
    let discord = refusing().start().await;
    let config = quick(BotConfig::new(discord.token()).with_client(discord.http_client()));
    let bot = Bot::new(config, Arc::new(bus()));
    let stop = CancellationToken::new();
    let (door, close) = health::open_door(&bot).await;
    let running = launch(bot, &stop).0;
    within("the bot to be ready", health::becomes(door, 200)).await;
    let (_, said) = health::ready(door).await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["ready"], true);
    let remark = said["remarks"]["discord"].as_str().unwrap_or_default();
    assert!(remark.contains("degraded") && remark.contains("MESSAGE CONTENT INTENT"), "{said}");
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    close.cancel();
    discord.finish();
}
