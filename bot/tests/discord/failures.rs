//! What goes wrong: told to the asker, mended, or fatal with words that help.

use crate::support::{Stage, answer, bus, start_bot, within};
use rtfm_bot::{BotConfig, BotError};
use rtfm_shared::bus::BusError;
use rtfm_testkit::discord::{FakeDiscord, Fault, Message};
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_ends_the_bot_with_words_that_help() {
    let discord = FakeDiscord::start().await;
    discord.tolerate(401);
    let config = BotConfig::new("MTIzNDU2.wrong.token").with_client(discord.http_client());
    let error = within("the end", start_bot(config, &bus(), &CancellationToken::new())).await.unwrap().unwrap_err();
    assert!(matches!(error, BotError::InvalidToken), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("discord.com/developers") && words.contains("Reset Token"), "{words}");
    assert!(!words.contains("wrong"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_lost_on_the_way_is_not_posted_twice() {
    let stage = Stage::start().await;
    stage.discord.fault("POST", "/channels/*/messages", 2, Fault::lose_reply());
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let query = stage.query("where is the crane?").await;
    let posted: Vec<_> = stage.general.messages().into_iter().filter(|one| one.reply_to == Some(asked)).collect();
    assert_eq!(posted.len(), 1, "{}", stage.general.view());
    assert_eq!(query.reply.placeholder_id, Some(posted[0].id.get().into()));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_message_that_it_posted_the_bot_needs_id_text_and_flags_alone() {
    let stage = Stage::start().await;
    let odd = || Fault::odd_fields(json!({"type": "of next year", "author": 7, "embeds": "none"}));
    for (method, path) in [
        ("POST", "/channels/*/messages"),
        ("PATCH", "/channels/*/messages/*"),
        ("GET", "/channels/*/messages/*"),
        ("PATCH", "/webhooks/*/*/messages/@original"),
        ("GET", "/webhooks/*/*/messages/@original"),
        ("POST", "/webhooks/*/*"),
    ] {
        stage.discord.fault(method, path, 100, odd());
    }
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let long = format!("{}\n\n{}", "First part. ".repeat(150), "Second part. ".repeat(100));
    stage.publish(answer(&stage.query("where is the crane?").await, &long)).await;
    stage.general.wait_for_message("the answer", |message| message.content.contains("First part.")).await;
    stage.general.wait_for_message("its end", |message| message.content.contains("Second part.")).await;
    let command = stage.ben.slash(&stage.general, "ask", &[("question", json!("who runs it?"))]).unwrap();
    stage.publish(answer(&stage.query("who runs it?").await, &long)).await;
    command.wait_for_response("the answer", |message| message.content.contains("First part.")).await;
    stage.responses_done().await;
    let replies = stage.general.messages().into_iter().filter(|one| one.reply_to == Some(asked)).count();
    assert_eq!((replies, command.followups().len()), (1, 1), "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_bot_may_not_write_it_stays_silent_and_goes_on() {
    let stage = Stage::start().await;
    stage.discord.fault("POST", "/channels/*/messages", 1, Fault::error(403, 50_013, "Missing Permissions"));
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    stage.discord.wait_for_request("the refusal", |request| request.status == 403).await;
    stage.ben.say(&stage.general, "RTFM two").unwrap();
    stage.query("two").await;
    assert_eq!(stage.queries().len(), 1, "a question without a place for its answer is not asked");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_waiting_when_no_answer_comes() {
    let stage = Stage::with_deadline(Duration::from_secs(1), Duration::from_millis(200)).await;
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    let query = stage.query("one").await;
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", serde_json::json!("two"))]).unwrap();
    // Both apologies are messages of this channel; this one takes the placeholder's place.
    let in_place = |id: serenity::all::MessageId| query.reply.placeholder_id == Some(id.get().into());
    let over = |message: &Message| in_place(message.id) && message.content.contains("not answered in time");
    let over = stage.general.wait_for_message("the end", over).await;
    let ended = asked.wait_for_response("the end", |message| message.content.contains("not answered in time")).await;
    assert!(ended.content.starts_with("> two\n\n"), "{}", ended.content);
    for (message, kinds) in [(&over, ["r1:m:", "r1:d:"]), (&ended, ["r1:q:", "r1:d:"])] {
        let buttons = message.buttons();
        assert!(buttons.len() == 2 && kinds.iter().zip(&buttons).all(|(kind, id)| id.starts_with(kind)), "{buttons:?}");
    }
    let again = ended.buttons()[0].clone();
    let clicked = stage.ben.click(&stage.general, ended.id, &again).unwrap();
    let id = format!("discord-again-{}", clicked.id());
    let again = || stage.queries().into_iter().find(|query| query.query_id.0 == id);
    assert_eq!(crate::support::until("the question anew", again).await.question, "two");

    stage.publish(answer(&query, "Better late [1].")).await;
    stage.general.wait_for_message("the late answer", |message| message.content.contains("Better late")).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_waiting_when_the_answer_cannot_be_shown() {
    let stage = Stage::with_deadline(Duration::from_secs(2), Duration::from_millis(100)).await;
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    let query = stage.query("one").await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, Fault::error(403, 50_013, "Missing Permissions"));
    stage.publish(answer(&query, "Refused.")).await;
    stage.responses_done().await;
    stage.general.wait_for_message("the apology", |message| message.content.contains("not answered in time")).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_at_discord_delays_the_apology_and_loses_none() {
    let stage = Stage::with_deadline(Duration::from_secs(1), Duration::from_millis(100)).await;
    stage.discord.fault("GET", "/channels/*/messages/*", 1, Fault::status(503));
    stage.discord.fault("PATCH", "/channels/*/messages/*", 2, Fault::reset());
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    stage.general.wait_for_message("the apology", |message| message.content.contains("not answered in time")).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_time_is_not_replaced_by_the_apology() {
    let stage = Stage::with_deadline(Duration::from_secs(1), Duration::from_millis(100)).await;
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    let first = stage.query("one").await;
    stage.publish(answer(&first, "In time [1].")).await;
    stage.general.wait_for_message("the answer", |message| message.content.contains("In time")).await;
    // A later question's apology shows that the first one's time is over as well.
    stage.ben.say(&stage.general, "RTFM two").unwrap();
    stage.general.wait_for_message("the apology", |message| message.content.contains("not answered in time")).await;
    let apologies =
        stage.general.messages().iter().filter(|message| message.content.contains("not answered in time")).count();
    assert_eq!(apologies, 1, "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_bus_does_not_take_is_answered_with_an_apology() {
    let quick = |config: BotConfig| BotConfig { answer_deadline: Duration::from_secs(2), ..config };
    let stage = Stage::with(FakeDiscord::builder().without_rate_limits(), quick).await;
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications("bot-queries", (0..1000).map(|_| away()));
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    stage.general.wait_for_message("the apology", |message| message.content.contains("could not process")).await;
    assert!(stage.queries().is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_is_made_anew() {
    let stage = Stage::start().await;
    let gateway = stage.discord.gateway();
    gateway.reset();
    stage.discord.wait_for("another connection", || (gateway.connections() >= 2).then_some(())).await;
    gateway.wait_connected().await;
    stage.ben.say(&stage.general, "RTFM still there?").unwrap();
    stage.query("still there?").await;
    stage.end().await;
}
