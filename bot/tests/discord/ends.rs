//! What cannot be done ends: in an answer somewhere sensible or in one logged reason, never in a retry loop.

use crate::support::{Stage, answer};
use rtfm_testkit::discord::{Fault, Message};
use serde_json::json;
use std::time::Duration;

fn by_bot(stage: &Stage) -> Vec<Message> {
    let bot = stage.discord.bot().id();
    stage.general.messages().into_iter().filter(|message| message.author == bot).collect()
}

fn requests(stage: &Stage, method: &str, path: &str) -> usize {
    stage.discord.requests().iter().filter(|request| request.method == method && request.path.contains(path)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_too_old_to_be_edited_is_replaced_by_a_new_reply() {
    let stage = Stage::start().await;
    let asked = stage.ben.say(&stage.general, "RTFM one").unwrap();
    let query = stage.query("one").await;
    let placeholder = by_bot(&stage)[0].id;
    stage.discord.tolerate(429);
    // As Discord does it: the fake counts edits of messages that are over an hour old.
    stage.discord.advance(Duration::from_secs(2 * 3600));
    let worn =
        || Fault::error(429, 30_046, "Maximum number of edits to messages older than 1 hour reached. Try again later");
    stage.discord.fault("PATCH", "/channels/*/messages/*", 3, worn());
    for _ in 0..2 {
        stage.publish(answer(&query, "Found it [1].")).await;
        stage.responses_done().await;
    }
    let shown = by_bot(&stage);
    assert_eq!(shown.len(), 1, "the stuck placeholder is gone: {}", stage.general.view());
    assert!(shown[0].id != placeholder && shown[0].content.starts_with("Found it") && !shown[0].buttons().is_empty());
    assert_eq!(shown[0].reply_to, Some(asked));
    assert!(requests(&stage, "PATCH", "/messages/") <= 2, "no loop");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_place_is_gone_is_answered_in_the_channel() {
    for (status, code) in [(404, 10_015), (404, 10_008), (401, 50_027)] {
        let stage = Stage::start().await;
        stage.ben.slash(&stage.general, "ask", &[("question", json!("where?"))]).unwrap();
        let query = stage.query("where?").await;
        stage.discord.fault("PATCH", "/webhooks/*/*/messages/@original", 10, Fault::error(status, code, "gone"));
        for _ in 0..2 {
            stage.publish(answer(&query, "At the pier [1].")).await;
            stage.responses_done().await;
        }
        let shown: Vec<_> = by_bot(&stage).into_iter().filter(|one| one.content.contains("At the pier")).collect();
        assert_eq!(shown.len(), 1, "{code}: {}", stage.general.view());
        assert!(requests(&stage, "PATCH", "/webhooks/") <= 2, "{code}: no loop");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interaction_that_is_over_is_tried_once() {
    let stage = Stage::start().await;
    stage.discord.fault("POST", "/interactions/*/*/callback", 9, Fault::error(404, 10_062, "Unknown interaction"));
    stage.ben.slash(&stage.general, "ask", &[("question", json!("too late?"))]).unwrap();
    stage.discord.wait_for_request("the refusal", |request| request.status == 404).await;
    stage.discord.clear_faults();
    stage.ben.say(&stage.general, "RTFM next").unwrap();
    stage.query("next").await;
    assert_eq!(stage.queries().len(), 1, "a question without a place for its answer is not asked");
    assert_eq!(requests(&stage, "POST", "/callback"), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_access_ends_an_answer_without_a_loop() {
    for code in [50_001, 50_013] {
        let stage = Stage::start().await;
        stage.ben.say(&stage.general, "RTFM one").unwrap();
        let query = stage.query("one").await;
        stage.discord.fault("PATCH", "/channels/*/messages/*", 10, Fault::error(403, code, "Missing"));
        stage.publish(answer(&query, "Refused [1].")).await;
        stage.responses_done().await;
        assert_eq!(requests(&stage, "PATCH", "/messages/"), 1, "{code}");
        assert!(stage.bus.records("bot-responses.dlq").is_empty());
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apology_for_a_placeholder_that_is_gone_is_tried_once() {
    let stage = Stage::with_deadline(Duration::from_secs(1), Duration::from_millis(100)).await;
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    stage.query("one").await;
    let gone = by_bot(&stage)[0].id;
    stage.ben.say(&stage.general, "RTFM two").unwrap();
    stage.ana.delete(&stage.general, gone).unwrap();
    // The later question's apology shows that the first one's time is over as well.
    stage.general.wait_for_message("the apology", |message| message.content.contains("not answered in time")).await;
    assert_eq!(requests(&stage, "GET", &format!("/messages/{gone}")), 1);
    assert_eq!(by_bot(&stage).len(), 1, "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_in_times_of_trouble_are_told_and_end() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    let query = stage.query("one").await;
    stage.publish(answer(&query, "Found it [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    let button = |kind: &str| shown.buttons().into_iter().find(|id| id.starts_with(&format!("r1:{kind}:"))).unwrap();
    let missing = || Fault::error(403, 50_013, "Missing Permissions");
    for (method, kind, words) in [("PATCH", "m", "cannot change that answer"), ("DELETE", "d", "could not delete")] {
        stage.discord.fault(method, "/channels/*/messages/*", 1, missing());
        stage.discord.fault(method, "/webhooks/*/*/messages/@original", 1, missing());
        let clicked = stage.ben.click(&stage.general, shown.id, &button(kind)).unwrap();
        let told = crate::support::until(words, || clicked.followups().pop()).await;
        assert!(told.is_ephemeral() && told.content.contains(words), "{}", told.content);
    }
    assert_eq!(stage.general.message(shown.id).unwrap().content, shown.content, "the answer stays");
    assert_eq!(stage.queries().len(), 1);
    stage.end().await;
}
