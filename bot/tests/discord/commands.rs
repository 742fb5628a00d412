//! Slash commands.

use crate::support::{Stage, answer};
use rtfm_testkit::discord::Fault;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn ask_defers_and_becomes_the_answer() {
    let stage = Stage::start().await;
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("where is the crane?"))]).unwrap();
    let query = stage.query("where is the crane?").await;
    assert!(asked.response().unwrap().is_loading());
    assert_eq!(query.query_id.0, format!("discord-command-{}", asked.id()));
    assert_eq!(query.reply.interaction_token, Some(asked.token()));
    assert_eq!(query.reply.application_id, Some(stage.discord.application().to_string()));
    assert_eq!(query.scope.as_ref().unwrap().channel_ids, [stage.general.id().get().into()]);
    assert_eq!(query.username, "ben");

    stage.publish(answer(&query, "At the north pier [1].")).await;
    let shown = asked.wait_answered().await;
    assert!(shown.content.starts_with("> where is the crane?\n\nAt the north pier [[1]](<"), "{}", shown.content);
    assert!(!shown.is_ephemeral());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_acceptance_is_lost_on_the_way_is_asked_once() {
    for (times, fault) in [(1, Fault::lose_reply()), (2, Fault::status(503)), (1, Fault::hang())] {
        let stage = Stage::start().await;
        stage.discord.fault("POST", "/interactions/*/*/callback", times, fault);
        let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("where is the crane?"))]).unwrap();
        let query = stage.query("where is the crane?").await;
        stage.publish(answer(&query, "At the north pier [1].")).await;
        let shown = asked.wait_answered().await;
        assert!(shown.content.contains("At the north pier"), "{}", shown.content);
        assert_eq!(stage.queries().len(), 1);
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_to_a_command_knows_what_was_asked() {
    let stage = Stage::start().await;
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("where is the crane?"))]).unwrap();
    let query = stage.query("where is the crane?").await;
    stage.publish(answer(&query, "At the north pier [1].")).await;
    let shown = asked.wait_answered().await;
    stage.ana.reply(&stage.general, shown.id, "since when?").unwrap();
    let turns = stage.query("since when?").await.history;
    let said: Vec<_> = turns.iter().map(|turn| turn.content.as_str()).collect();
    assert_eq!(said, ["where is the crane?", "At the north pier."]);
    assert_eq!(turns[0].user_id, Some(stage.ben.id().get().into()), "who used the command");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_to_a_command_goes_on_in_further_messages_once() {
    let stage = Stage::start().await;
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("tell me all"))]).unwrap();
    let query = stage.query("tell me all").await;
    let long = answer(&query, &format!("{}\n\n{}", "First part. ".repeat(150), "Second part. ".repeat(100)));
    stage.publish(long.clone()).await;
    stage.responses_done().await;
    stage.publish(long).await;
    stage.responses_done().await;
    let bot = stage.discord.bot().id();
    let texts: Vec<String> = stage
        .general
        .messages()
        .into_iter()
        .filter(|message| message.author == bot)
        .map(|message| message.content)
        .collect();
    assert_eq!(texts.len(), 2, "{texts:#?}");
    assert!(texts[0].contains("First part.") && texts[1].starts_with("Second part."));
    assert_eq!(asked.followups().len(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_the_token_has_expired_is_a_message() {
    let stage = Stage::start().await;
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("too slow?"))]).unwrap();
    asked.wait_acknowledged().await;
    let query = stage.query("too slow?").await;
    stage.discord.tolerate(401);
    stage.discord.advance(std::time::Duration::from_secs(16 * 60));
    for _ in 0..2 {
        stage.publish(answer(&query, &format!("Here at last [1].\n\n{}", "And more. ".repeat(250)))).await;
        stage.responses_done().await;
    }
    let found = stage.general.messages().iter().filter(|message| message.content.contains("Here at last")).count();
    assert_eq!(found, 1, "{}", stage.general.view());
    let bot = stage.discord.bot().id();
    let posted = stage.general.messages().iter().filter(|one| one.author == bot && !one.is_loading()).count();
    assert_eq!(posted, 2, "both parts, once: {}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn help_is_whispered_and_the_commands_are_registered_once() {
    let stage = Stage::start().await;
    let help = stage.ben.slash(&stage.general, "help", &[]).unwrap();
    let shown = help.wait_answered().await;
    assert!(shown.is_ephemeral() && shown.content.contains("RTFM"), "{}", shown.content);
    assert!(
        shown.content.contains("/privacy opt-out") && shown.content.contains("/rtfm settings"),
        "{}",
        shown.content
    );
    stage.discord.gateway().invalidate(false);
    stage.discord.wait_for("a new session", || (stage.discord.gateway().identifies() > 1).then_some(())).await;
    stage.discord.gateway().wait_connected().await;
    stage.ben.say(&stage.general, "RTFM still there?").unwrap();
    stage.query("still there?").await;
    let written = stage.discord.requests().iter().filter(|request| request.is("PUT", "/commands")).count();
    assert_eq!(written, 1);
    stage.end().await;
}
