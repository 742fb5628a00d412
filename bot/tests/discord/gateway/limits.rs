//! Rate limits and errors of the REST side: waited out, and never a second message.

use super::scene::{Before, answers, stage};
use crate::support::{Stage, answer};
use rtfm_testkit::discord::Fault;
use serde_json::json;
use std::time::Duration;

/// A question whose reply meets this fault first: asked and answered once all the same.
async fn survives(stage: &Stage, times: usize, fault: Fault) {
    let before = Before::of(stage);
    stage.discord.fault("POST", "/channels/*/messages", times, fault.clone());
    answers(stage, &format!("first {}?", stage.queries().len())).await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", times, fault);
    answers(stage, &format!("then {}?", stage.queries().len())).await;
    before.was_calm(stage, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_is_waited_out() {
    let stage = stage().await;
    survives(&stage, 2, Fault::rate_limited(0.2, false)).await;
    survives(&stage, 1, Fault::rate_limited(0.2, true)).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_that_does_not_say_how_long_is_waited_out() {
    let stage = stage().await;
    survives(&stage, 2, Fault::status(429)).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_5xx_on_a_message_is_one_message_in_the_end() {
    let stage = stage().await;
    for status in [500, 502, 503, 504] {
        survives(&stage, 1, Fault::status(status)).await;
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_or_late_is_one_message_in_the_end() {
    let stage = stage().await;
    survives(&stage, 1, Fault::lose_reply()).await;
    survives(&stage, 1, Fault::reset()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_nobody_can_read_post_nothing_twice() {
    let stage = stage().await;
    survives(&stage, 3, Fault::unreadable_limits()).await;
    // An answer to a command has no nonce to tell one from another.
    stage.discord.fault("POST", "/webhooks/*/*", 3, Fault::unreadable_limits());
    stage.discord.fault("POST", "/interactions/*/*/callback", 3, Fault::unreadable_limits());
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("tell me all"))]).unwrap();
    let query = stage.query("tell me all").await;
    let long = format!("{}\n\n{}", "First part. ".repeat(150), "Second part. ".repeat(100));
    stage.publish(answer(&query, &long)).await;
    stage.responses_done().await;
    assert_eq!(asked.followups().len(), 1, "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_nobody_can_read_for_long_are_no_storm_of_requests() {
    let stage = stage().await;
    stage.discord.fault("POST", "/channels/*/messages", 100_000, Fault::unreadable_limits());
    let before = stage.discord.requests().len();
    stage.ben.say(&stage.general, "RTFM are you there?").unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let requests = stage.discord.requests().len() - before;
    assert!((2..200).contains(&requests), "{requests} requests in four seconds");
    let bot = stage.discord.bot().id();
    let posted = stage.general.messages().into_iter().filter(|message| message.author == bot).count();
    assert_eq!(posted, 1, "{}", stage.general.view());
    stage.discord.clear_faults();
    stage.query("are you there?").await;
    stage.end().await;
}
