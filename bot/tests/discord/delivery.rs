//! Answers out: idempotent, whole, and visible somewhere sensible.

use crate::support::{Stage, answer, start_bot};
use rtfm_bot::BotConfig;
use rtfm_shared::event::{Query, ReplyTo, Response, Status};
use rtfm_testkit::discord::{Fault, Message};
use tokio_util::sync::CancellationToken;

fn by_bot(stage: &Stage) -> Vec<Message> {
    let bot = stage.discord.bot().id();
    stage.general.messages().into_iter().filter(|message| message.author == bot).collect()
}

async fn asked(stage: &Stage) -> Query {
    stage.ben.say(&stage.general, "RTFM tell me").unwrap();
    stage.query("tell me").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_is_split_and_a_second_delivery_changes_nothing() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    let code = "let answer = 42;\n".repeat(150);
    let long = answer(&query, &format!("It is long [1].\n\n```rust\n{code}```\n\nThat was it."));
    stage.publish(long.clone()).await;
    stage.responses_done().await;
    let shown: Vec<_> = by_bot(&stage).into_iter().map(|message| message.content).collect();
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert!(shown.iter().all(|part| part.matches("```").count() == 2 && part.encode_utf16().count() <= 2000));
    assert!(shown[0].starts_with("It is long [[1]]") && shown[1].starts_with("```rust\nlet answer"));

    stage.publish(long).await;
    stage.responses_done().await;
    let again: Vec<_> = by_bot(&stage).into_iter().map(|message| message.content).collect();
    assert_eq!(again, shown);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_two_answers_to_a_question_stays() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    let long = |words: &str| answer(&query, &format!("{words} [1].\n\n{}", format!("{words}. ").repeat(350)));
    let first = long("First");
    stage.publish(first.clone()).await;
    stage.responses_done().await;
    let contents = || by_bot(&stage).into_iter().map(|message| message.content).collect::<Vec<_>>();
    let shown = contents();
    assert_eq!(shown.len(), 2, "{shown:#?}");
    for other in [long("Other words"), answer(&query, "Short.")] {
        stage.publish(other).await;
        stage.responses_done().await;
        assert_eq!(contents(), shown);
    }

    let missing = by_bot(&stage)[1].id;
    stage.ana.delete(&stage.general, missing).unwrap();
    // Nonces count for some minutes, also those of what was deleted.
    stage.discord.advance(std::time::Duration::from_secs(16 * 60));
    stage.publish(first).await;
    stage.responses_done().await;
    assert_eq!(contents(), shown, "what is missing of the same answer is added");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_delivers_what_this_one_asked() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    let (discord, bus) = (&stage.discord, crate::support::bus());
    let stop = CancellationToken::new();
    let config = BotConfig::new(discord.token()).with_client(discord.http_client());
    let other = start_bot(config, &bus, &stop);
    let record = rtfm_shared::event::Envelope::new(answer(&query, "From the other one [1]."), "rtfm/test").encode();
    rtfm_shared::bus::Bus::publish(&bus, record.unwrap()).await.unwrap();
    stage.general.wait_for_message("the answer", |message| message.content.contains("other one")).await;
    assert_eq!(by_bot(&stage).len(), 1);
    stop.cancel();
    other.await.unwrap().unwrap();
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_placeholder_is_replaced_by_one_new_reply() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    let placeholder = by_bot(&stage)[0].id;
    stage.ana.delete(&stage.general, placeholder).unwrap();
    for _ in 0..2 {
        stage.publish(answer(&query, "Found it [1].")).await;
        stage.responses_done().await;
    }
    let shown = by_bot(&stage);
    assert_eq!(shown.len(), 1, "{}", stage.general.view());
    assert!(shown[0].content.starts_with("Found it"));
    assert_eq!(shown[0].reply_to.map(|id| id.get().into()), Some(query.original_message_id));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_response_replies_to_the_message_and_others_questions_are_left_alone() {
    let stage = Stage::start().await;
    let asked = stage.ben.say(&stage.general, "how does it look?").unwrap();
    let query = Query {
        query_id: "old".into(),
        original_message_id: asked.get().into(),
        channel_id: stage.general.id().get().into(),
        ..Query::default()
    };
    let mut terminal = ReplyTo::default();
    terminal.other.insert("terminal".to_owned(), true.into());
    let theirs = Query { query_id: "terminal".into(), reply: terminal, ..query.clone() };
    stage.publish(answer(&theirs, "for the terminal")).await;
    stage.publish(Response { sources: Vec::new(), ..answer(&query, "Fine.") }).await;
    stage.responses_done().await;
    let shown = by_bot(&stage);
    assert_eq!(shown.len(), 1, "{}", stage.general.view());
    assert_eq!((shown[0].content.as_str(), shown[0].reply_to), ("Fine.", Some(asked)));
    stage.end().await;
}

/// As a processor answers that knows only the plain fields.
fn plain(query: &Query, text: &str) -> Response {
    Response { reply: ReplyTo::default(), sources: Vec::new(), ..answer(query, text) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_response_takes_the_place_of_the_placeholder() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    stage.publish(plain(&query, "Old, but true.")).await;
    stage.general.wait_for_message("the answer", |message| message.content == "Old, but true.").await;
    assert_eq!(by_bot(&stage).len(), 1, "{}", stage.general.view());

    // An instance that did not ask finds the placeholder in the channel.
    stage.ben.say(&stage.general, "RTFM tell me more").unwrap();
    let query = Query { query_id: "asked by another".into(), ..stage.query("tell me more").await };
    stage.publish(plain(&query, "And more.")).await;
    stage.general.wait_for_message("the answer", |message| message.content == "And more.").await;
    assert_eq!(by_bot(&stage).len(), 2, "{}", stage.general.view());

    let command = stage.ben.slash(&stage.general, "ask", &[("question", serde_json::json!("and now?"))]).unwrap();
    let query = stage.query("and now?").await;
    stage.publish(plain(&query, "Now, too.")).await;
    let shown = command.wait_answered().await;
    assert!(shown.content.ends_with("Now, too."), "{}", shown.content);
    stage.responses_done().await;
    assert_eq!(by_bot(&stage).len(), 3, "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_at_discord_delays_an_answer_and_loses_none() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 2, Fault::status(503));
    stage.publish(answer(&query, "Worth the wait [1].")).await;
    stage.general.wait_for_message("the answer", |message| message.content.contains("Worth the wait")).await;
    stage.ben.say(&stage.general, "RTFM tell me more").unwrap();
    let query = stage.query("tell me more").await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, Fault::reset());
    stage.publish(Response { status: Status::NotFound, ..answer(&query, "Nobody said so.") }).await;
    stage.general.wait_for_message("the answer", |message| message.content.contains("Nobody said so")).await;
    assert_eq!(by_bot(&stage).len(), 2);
    assert!(stage.bus.records("bot-responses.dlq").is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_discord_refuses_is_dropped_with_a_reason_and_the_next_answer_comes() {
    let stage = Stage::start().await;
    let query = asked(&stage).await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, Fault::error(403, 50_013, "Missing Permissions"));
    stage.publish(answer(&query, "Refused.")).await;
    stage.responses_done().await;
    stage.publish(answer(&query, "Taken.")).await;
    stage.general.wait_for_message("the next", |message| message.content.contains("Taken.")).await;
    assert!(stage.bus.records("bot-responses.dlq").is_empty());
    stage.end().await;
}
