//! What hangs under answers, and what clicks do: on any instance, also after a restart.

use crate::support::{Stage, answer, until};
use rtfm_shared::event::{Envelope, Feedback, Query, Response, Source, Status, Verdict};
use rtfm_testkit::discord::{Fault, InteractionHandle, Message, User};
use serenity::all::{MessageId, Permissions};
use std::time::Duration;

/// The ids of the buttons with this kind.
fn button(message: &Message, kind: &str) -> Option<String> {
    message.buttons().into_iter().find(|id| id.starts_with(&format!("r1:{kind}:")))
}

fn click(stage: &Stage, user: &User, message: &Message, kind: &str) -> InteractionHandle {
    let id = button(message, kind).unwrap_or_else(|| panic!("no button {kind} in {:?}", message.buttons()));
    assert!(id.chars().count() <= 100);
    user.click(&stage.general, message.id, &id).unwrap()
}

async fn answered(stage: &Stage, text: &str) -> (MessageId, Query, Message) {
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let query = stage.query("where is the crane?").await;
    stage.publish(answer(&query, text)).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    (asked, query, shown)
}

async fn whispered(click: &InteractionHandle) -> String {
    let shown = click.wait_for_response("words", |one| one.is_ephemeral() && !one.is_loading()).await;
    shown.content
}

fn by_bot(stage: &Stage) -> Vec<Message> {
    let bot = stage.discord.bot().id();
    let messages = stage.general.messages().into_iter();
    messages.filter(|message| message.author == bot && !message.is_ephemeral()).collect()
}

fn again(stage: &Stage, click: &InteractionHandle) -> Option<Query> {
    let id = format!("discord-again-{}", click.id());
    stage.queries().into_iter().find(|query| query.query_id.0 == id)
}

fn feedback(bus: &rtfm_testkit::bus::MemoryBus) -> Vec<Feedback> {
    bus.records("bot-feedback").iter().map(|record| Envelope::decode(record).unwrap().event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_goes_to_the_feedback_topic_also_after_a_restart_and_on_another_instance() {
    let stage = Stage::start().await;
    let (_, query, shown) = answered(&stage, "At the north pier [1].").await;
    assert_eq!(shown.buttons().len(), 5, "{:?}", shown.buttons());
    let good = click(&stage, &stage.ana, &shown, "g");
    assert!(whispered(&good).await.contains("Thank you"));
    let [first] = feedback(&stage.bus).try_into().unwrap();
    assert_eq!((first.query_id, first.verdict), (query.query_id.clone(), Verdict::Good));
    assert_eq!((first.user_id, first.message_id), (stage.ana.id().get().into(), Some(shown.id.get().into())));

    // Another instance, which knows of nothing, hears the same clicks over a gateway of its own.
    let stage = stage.restart().await;
    let bad = click(&stage, &stage.ben, &shown, "b");
    assert!(whispered(&bad).await.contains("Thank you"));
    let last = feedback(&stage.bus).pop().unwrap();
    assert_eq!((last.query_id, last.verdict), (query.query_id, Verdict::Bad));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_that_the_bus_does_not_take_at_first_is_acknowledged_in_time_and_counted_once() {
    let stage = Stage::start().await;
    let (_, _, shown) = answered(&stage, "At the north pier [1].").await;
    let away = || rtfm_shared::bus::BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications("bot-feedback", (0..3).map(|_| away()));
    let good = click(&stage, &stage.ben, &shown, "g");
    stage.discord.gateway().repeat_last("INTERACTION_CREATE");
    assert!(whispered(&good).await.contains("Thank you"));
    assert!(good.acknowledged_after().unwrap() < Duration::from_secs(3));
    assert_eq!(feedback(&stage.bus).len(), 1, "the repeated event changes nothing");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn regenerate_asks_the_same_again_into_the_same_message_once() {
    let stage = Stage::start().await;
    let (asked, first, shown) = answered(&stage, "At the north pier [1].").await;
    let clicked = click(&stage, &stage.ben, &shown, "m");
    stage.discord.gateway().repeat_last("INTERACTION_CREATE");
    let query = until("the question anew", || again(&stage, &clicked)).await;
    assert_eq!(query.question, "where is the crane?");
    assert_eq!(query.original_message_id, asked.get().into(), "the question is no source of its answer");
    assert_eq!((query.scope.clone(), &query.user_id), (first.scope, &stage.ben.id().get().into()));
    assert_eq!(query.reply.placeholder_id, Some(shown.id.get().into()));
    let placeholder = stage.general.message(shown.id).unwrap();
    assert_eq!((placeholder.content.as_str(), placeholder.buttons().len()), ("Searching…", 0));

    stage.publish(answer(&query, "At the south pier [1].")).await;
    let shown = stage.general.wait_for_message("the new answer", |one| one.content.contains("south")).await;
    assert_eq!(shown.id, placeholder.id);
    assert!(button(&shown, "g").unwrap().ends_with(&query.query_id.0), "the verdict is on the new question");
    assert_eq!(by_bot(&stage).len(), 1, "{}", stage.general.view());
    assert_eq!(stage.queries().len(), 2, "the repeated click asks nothing");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn regenerate_after_a_lost_acknowledgement_asks_once() {
    let stage = Stage::start().await;
    let (_, _, shown) = answered(&stage, "At the north pier [1].").await;
    stage.discord.fault("POST", "/interactions/*/*/callback", 1, Fault::lose_reply());
    let clicked = click(&stage, &stage.ben, &shown, "m");
    let query = until("the question anew", || again(&stage, &clicked)).await;
    stage.publish(answer(&query, "At the south pier [1].")).await;
    stage.general.wait_for_message("the new answer", |one| one.content.contains("south")).await;
    assert_eq!((stage.queries().len(), by_bot(&stage).len()), (2, 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_asked_again_with_what_it_was_narrowed_to() {
    let stage = Stage::start().await;
    let channel = stage.general.id().to_string();
    let options = [
        ("question", serde_json::json!("who asked @everyone?")),
        ("channel", serde_json::json!(channel)),
        ("since", serde_json::json!("2026-03-01")),
        ("from", serde_json::json!(stage.ana.id().to_string())),
    ];
    stage.ben.slash(&stage.general, "ask", &options).unwrap();
    let first = stage.query("who asked @everyone?").await;
    stage.publish(answer(&first, "Ana did [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    let clicked = click(&stage, &stage.ben, &shown, "q");
    let query = until("the question anew", || again(&stage, &clicked)).await;
    assert_eq!((query.question.as_str(), query.since), ("who asked @everyone?", first.since));
    assert_eq!((query.authors.clone(), query.scope.clone()), (first.authors, first.scope));
    stage.publish(answer(&query, "It was ana [1].")).await;
    let shown = stage.general.wait_for_message("the new answer", |one| one.content.contains("It was ana")).await;
    assert!(shown.content.starts_with("> who asked @\u{200b}everyone?\n-# only <#"), "{}", shown.content);
    stage.end().await;
}

/// Ben asks about a message of ana by the message command: the message, the question and the answer only he sees.
async fn private_answer(stage: &Stage) -> (MessageId, Query, Message) {
    let target = stage.ana.say(&stage.general, "the crane is stuck").unwrap();
    let asked = stage.ben.message_command(&stage.general, "What is known about this?", target).unwrap();
    let first = stage.query("the crane is stuck\n(said by ana in #general)").await;
    stage.publish(answer(&first, "It was stuck before [1].")).await;
    let shown = asked.wait_for_response("the answer", |one| !one.buttons().is_empty()).await;
    (target, first, shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_answer_is_asked_again_in_private() {
    let stage = Stage::start().await;
    let (target, first, shown) = private_answer(&stage).await;
    let clicked = click(&stage, &stage.ben, &shown, "a");
    let query = until("the question anew", || again(&stage, &clicked)).await;
    assert_eq!((&query.question, &query.original_message_id), (&first.question, &target.get().into()));
    stage.publish(answer(&query, "Often [1].")).await;
    let shown = stage.general.wait_for_message("the new answer", |one| one.content.contains("Often")).await;
    assert!(shown.is_ephemeral(), "{}", stage.general.view());
    let clicked = click(&stage, &stage.ben, &shown, "d");
    clicked.wait_acknowledged().await;
    stage.discord.wait_for("the end", || stage.general.message(shown.id).is_none().then_some(())).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_forgotten_since_is_not_asked_about_again() {
    let stage = Stage::start().await;
    let (_, _, shown) = private_answer(&stage).await;
    stage.ana.slash(&stage.general, "privacy opt-out", &[]).unwrap().wait_answered().await;
    click(&stage, &stage.ben, &shown, "a");
    let words = |one: &Message| one.is_ephemeral() && one.content.contains("cannot find that question");
    stage.general.wait_for_message("words", words).await;
    assert_eq!(stage.queries().len(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_answer_the_last_part_has_the_buttons_and_all_parts_go() {
    let long = format!("First [1]. {}\n\n{}", "And so on. ".repeat(150), "And on. ".repeat(400));
    for how in ["again", "delete", "delete as a moderator"] {
        let stage = Stage::start().await;
        let (_, _, shown) = answered(&stage, &long).await;
        stage.responses_done().await;
        let parts = by_bot(&stage);
        assert!(parts.len() >= 3, "{}", parts.len());
        let with_buttons: Vec<_> = parts.iter().filter(|part| !part.buttons().is_empty()).collect();
        assert_eq!(with_buttons.len(), 1);
        assert_eq!(with_buttons[0].id, parts.last().unwrap().id);
        match how {
            "again" => {
                let clicked = click(&stage, &stage.ben, &shown, "m");
                let query = until("the question anew", || again(&stage, &clicked)).await;
                stage.publish(answer(&query, "Shorter [1].")).await;
                let shown = stage.general.wait_for_message("the answer", |one| one.content.contains("Shorter")).await;
                assert_eq!(shown.id, parts[0].id);
                assert_eq!(by_bot(&stage).len(), 1, "{}", stage.general.view());
            }
            how => {
                let moderator = stage.discord.user("mod");
                let role = stage.guild.role("mods", Permissions::MANAGE_MESSAGES);
                stage.guild.join(&moderator, &[role]);
                let user = if how == "delete" { &stage.ben } else { &moderator };
                click(&stage, user, &shown, "d");
                stage.discord.wait_for("the end", || by_bot(&stage).is_empty().then_some(())).await;
            }
        }
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_so_and_nothing_happens() {
    let stage = Stage::start().await;
    let carl = stage.discord.user("carl");
    stage.guild.join(&carl, &[]);
    let (_, _, shown) = answered(&stage, "At the north pier [1].").await;
    for kind in ["m", "d"] {
        let clicked = click(&stage, &carl, &shown, kind);
        assert!(whispered(&clicked).await.contains("Only the person who asked"));
    }
    assert_eq!(stage.general.message(shown.id).unwrap().content, shown.content);
    assert_eq!(stage.queries().len(), 1);
    stage.end().await;
}

fn source(n: u32, stage: &Stage, channel: &rtfm_testkit::discord::Channel, message: MessageId) -> Source {
    Source {
        n,
        message_id: message.get().into(),
        channel_id: channel.id().get().into(),
        guild_id: Some(stage.guild.id().get().into()),
        channel_name: None,
        username: "ana".to_owned(),
        timestamp: jiff::Timestamp::now(),
        excerpt: "as it was then".to_owned(),
        file: None,
        score: 1.0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_fetched_anew_as_far_as_the_clicker_may_read_them_now() {
    let stage = Stage::start().await;
    let plans = stage.guild.text_channel("plans");
    let changed = stage.ana.say(&stage.general, "at the north pier").unwrap();
    let gone = stage.ana.say(&stage.general, "at the old pier").unwrap();
    let secret = stage.ana.say(&plans, "at the secret pier").unwrap();
    stage.ben.say(&stage.general, "RTFM where?").unwrap();
    let query = stage.query("where?").await;
    let sources = vec![
        source(1, &stage, &stage.general, changed),
        source(2, &stage, &stage.general, gone),
        source(3, &stage, &plans, secret),
    ];
    stage.publish(Response { sources, ..answer(&query, "There [1][2][3].") }).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    stage.ana.edit(&stage.general, changed, "at the `south` pier, @everyone").unwrap();
    stage.ana.delete(&stage.general, gone).unwrap();
    plans.make_private(&[stage.guild.bot_role()]);
    // The last event is known to be heard once something that came after it is.
    stage.ben.say(&stage.general, "RTFM heard?").unwrap();
    stage.query("heard?").await;

    let told = whispered(&click(&stage, &stage.ben, &shown, "s")).await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(lines[0].starts_with("[1](<https://discord.com/channels/"), "{told}");
    assert!(lines[0].ends_with("`at the 'south' pier, @\u{200b}everyone`"), "{told}");
    assert!(lines[1].contains("deleted since"), "{told}");
    assert!(lines[2].contains("cannot read") && !told.contains("secret"), "{told}");
    let told = whispered(&click(&stage, &stage.ana, &shown, "s")).await;
    assert!(told.contains("`at the secret pier`"), "the owner may: {told}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_can_only_be_asked_again_or_taken_away() {
    let stage = Stage::start().await;
    for status in [Status::NotFound, Status::Unavailable, Status::Rejected] {
        let asked = stage.ben.say(&stage.general, &format!("RTFM {status:?}")).unwrap();
        let query = stage.query(&format!("{status:?}")).await;
        stage.publish(Response { status, sources: Vec::new(), ..answer(&query, "") }).await;
        let shown = |one: &Message| one.reply_to == Some(asked) && !one.buttons().is_empty();
        let shown = stage.general.wait_for_message("the answer", shown).await;
        assert_eq!(shown.buttons().len(), 2, "{:?}", shown.buttons());
        assert!(button(&shown, "m").is_some() && button(&shown, "d").is_some());
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_too_old_to_be_edited_is_asked_again_in_a_new_message() {
    let stage = Stage::start().await;
    let (asked, _, shown) = answered(&stage, "At the north pier [1].").await;
    let old = Fault::error(429, 30_046, "Maximum number of edits to messages older than 1 hour reached.");
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, old);
    let clicked = click(&stage, &stage.ben, &shown, "m");
    let query = until("the question anew", || again(&stage, &clicked)).await;
    stage.publish(answer(&query, "At the south pier [1].")).await;
    let new = stage.general.wait_for_message("the new answer", |one| one.content.contains("south")).await;
    assert!(new.id != shown.id && new.reply_to == Some(asked));
    assert_eq!(by_bot(&stage).len(), 1, "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_gone_is_not_asked_again() {
    let stage = Stage::start().await;
    let (asked, _, shown) = answered(&stage, "At the north pier [1].").await;
    stage.ana.delete(&stage.general, asked).unwrap();
    let clicked = click(&stage, &stage.ben, &shown, "m");
    let told = until("words", || clicked.followups().pop()).await;
    assert!(told.is_ephemeral() && told.content.contains("cannot find"), "{}", told.content);
    assert_eq!(stage.general.message(shown.id).unwrap().content, shown.content, "the answer stays");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_taken_away_stays_away() {
    let stage = Stage::start().await;
    let (_, query, shown) = answered(&stage, "At the north pier [1].").await;
    stage.responses_done().await;
    click(&stage, &stage.ben, &shown, "d");
    stage.discord.wait_for("the end", || by_bot(&stage).is_empty().then_some(())).await;
    stage.publish(answer(&query, "At the north pier [1].")).await;
    stage.responses_done().await;
    assert!(by_bot(&stage).is_empty(), "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_hear_the_same_click_act_once() {
    let stage = Stage::start().await;
    let (_, _, shown) = answered(&stage, "At the north pier [1].").await;
    let (stop, other) = stage.another().await;
    let clicked = click(&stage, &stage.ben, &shown, "m");
    let query = until("the question anew", || again(&stage, &clicked)).await;
    stage.publish(answer(&query, "At the south pier [1].")).await;
    stage.general.wait_for_message("the new answer", |one| one.content.contains("south")).await;
    stop.cancel();
    other.await.unwrap().unwrap();
    assert_eq!((stage.queries().len(), by_bot(&stage).len()), (2, 1), "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_work_where_the_bot_sees_nothing() {
    let stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    stage.guild.set_roles(&stage.ben, &[crew]);
    let hidden = stage.guild.text_channel("hidden-from-the-bot");
    hidden.make_private(&[crew]);
    stage.discord.tolerate(403);
    let options = [("question", serde_json::json!("where is the crane?"))];
    stage.ben.slash(&hidden, "ask", &options).unwrap();
    let first = stage.query("where is the crane?").await;
    stage.publish(answer(&first, "At the pier [1].")).await;
    let shown = hidden.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    let clicked = stage.ben.click(&hidden, shown.id, &button(&shown, "q").unwrap()).unwrap();
    let query = until("the question anew", || again(&stage, &clicked)).await;
    assert_eq!(query.question, "where is the crane?");
    stage.publish(answer(&query, "At the other pier [1].")).await;
    let new = hidden.wait_for_message("the new answer", |one| one.content.contains("other pier")).await;
    assert_eq!(new.id, shown.id);
    stage.ben.click(&hidden, new.id, &button(&new, "d").unwrap()).unwrap();
    stage.discord.wait_for("the end", || hidden.messages().is_empty().then_some(())).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_long_sources_are_all_shown() {
    let stage = Stage::start().await;
    let mut sources = Vec::new();
    for n in 1..=10 {
        let said = stage.ana.say(&stage.general, &format!("pier {n} {}", "🏗 and so on ".repeat(40))).unwrap();
        sources.push(source(n, &stage, &stage.general, said));
    }
    stage.ben.say(&stage.general, "RTFM where?").unwrap();
    let query = stage.query("where?").await;
    stage.publish(Response { sources, ..answer(&query, "There [1].") }).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    let clicked = click(&stage, &stage.ben, &shown, "s");
    let first = whispered(&clicked).await;
    let told = until("all of them", || {
        let rest = clicked.followups().into_iter().inspect(|one| assert!(one.is_ephemeral())).map(|one| one.content);
        let told = std::iter::once(first.clone()).chain(rest).collect::<Vec<_>>().join("\n");
        told.contains("`pier 10 ").then_some(told)
    })
    .await;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() == 10 && (1..=10).all(|n| lines[n - 1].contains(&format!("`pier {n} "))), "{told}");
    stage.end().await;
}
