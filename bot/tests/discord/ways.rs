//! Narrowed and private questions, and the message menu.

use crate::support::{Stage, answer};
use jiff::{Timestamp, ToSpan};
use rtfm_shared::event::ChannelId;
use rtfm_testkit::discord::Channel;
use serde_json::{Value, json};

fn id(channel: &Channel) -> ChannelId {
    channel.id().get().into()
}

fn question(text: &str) -> (&str, Value) {
    ("question", json!(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_question_is_answered_to_the_asker_alone_from_all_they_can_read() {
    let stage = Stage::start().await;
    let crew = stage.guild.text_channel("crew");
    crew.make_private(&[stage.guild.bot_role()]);
    let hidden = stage.guild.text_channel("hidden-from-the-bot");
    hidden.make_private(&[]);
    let asked = stage.ana.slash(&stage.general, "ask", &[question("where?"), ("private", json!(true))]).unwrap();
    let query = stage.query("where?").await;
    let mut scope = query.scope.clone().unwrap().channel_ids;
    scope.sort();
    let mut all = vec![id(&stage.general), id(&crew)];
    all.sort();
    assert_eq!(scope, all, "ana is the owner and sees both");

    let long = answer(&query, &format!("In the crew's own channel [1].\n\n{}", "And so on. ".repeat(250)));
    stage.publish(long.clone()).await;
    stage.responses_done().await;
    stage.publish(long).await;
    stage.responses_done().await;
    let shown = asked.wait_answered().await;
    assert!(shown.is_ephemeral() && shown.content.contains("In the crew's"), "{}", stage.general.view());
    let rest = asked.followups();
    assert_eq!(rest.len(), 1, "the second part, once");
    assert!(stage.general.messages().iter().all(|one| one.is_ephemeral()), "{}", stage.general.view());

    stage.ben.slash(&stage.general, "ask", &[question("and for ben?"), ("private", json!(true))]).unwrap();
    assert_eq!(stage.query("and for ben?").await.scope.unwrap().channel_ids, [id(&stage.general)]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_answer_that_cannot_be_shown_any_more_is_shown_to_nobody() {
    let stage = Stage::start().await;
    let asked = stage.ben.slash(&stage.general, "ask", &[question("late?"), ("private", json!(true))]).unwrap();
    asked.wait_acknowledged().await;
    let query = stage.query("late?").await;
    stage.discord.tolerate(401);
    stage.discord.advance(std::time::Duration::from_secs(16 * 60));
    stage.publish(answer(&query, "For ben's eyes [1].")).await;
    stage.responses_done().await;
    let seen = stage.general.messages().into_iter().any(|message| message.content.contains("ben's eyes"));
    assert!(!seen, "{}", stage.general.view());
    assert!(stage.bus.records("bot-responses.dlq").is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_narrowed_to_a_channel_a_time_and_a_person() {
    let stage = Stage::start().await;
    let ops = stage.guild.text_channel("ops");
    let start = stage.ana.say(&ops, "start").unwrap();
    let thread = stage.ana.start_thread(&ops, start, "side").unwrap();
    let options = [
        question("what broke?"),
        ("channel", json!(ops.id().to_string())),
        ("since", json!("2 weeks")),
        ("from", json!(stage.ana.id().to_string())),
    ];
    let asked = stage.ben.slash(&stage.general, "ask", &options).unwrap();
    let query = stage.query("what broke?").await;
    let mut scope = query.scope.clone().unwrap().channel_ids;
    scope.sort();
    let mut both = vec![id(&ops), id(&thread)];
    both.sort();
    assert_eq!(scope, both, "the channel with its threads, and nothing else");
    assert_eq!(query.authors, [stage.ana.id().get().into()]);
    let ago = Timestamp::now().checked_sub((14 * 24).hours()).unwrap().duration_since(query.since.unwrap());
    assert!(ago.abs().as_secs() < 60, "{ago}");

    stage.publish(answer(&query, "The crane [1].")).await;
    let shown = asked.wait_answered().await;
    let since = query.since.unwrap().as_second();
    let head = format!("> what broke?\n-# only <#{}>, since <t:{since}:f>, from <@{}>\n\n", ops.id(), stage.ana.id());
    assert!(shown.content.starts_with(&head), "{}", shown.content);
    assert!(shown.mentions.is_empty(), "nobody is called by it");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_narrowed_to_is_told_to_the_asker_alone() {
    let stage = Stage::start().await;
    let crew = stage.guild.text_channel("crew");
    crew.make_private(&[stage.guild.bot_role()]);
    let about_crew = ("channel", json!(crew.id().to_string()));
    for (asker, option, words) in [
        (&stage.ben, about_crew.clone(), "only if both of us can read it"),
        (&stage.ana, about_crew.clone(), "private: True"),
        (&stage.ben, ("since", json!("when pigs fly")), "I do not understand"),
        (&stage.ben, ("since", json!("2099-01-01")), "in the future"),
    ] {
        let asked = asker.slash(&stage.general, "ask", &[question("secret?"), option]).unwrap();
        let shown = asked.wait_answered().await;
        assert!(shown.is_ephemeral() && shown.content.contains(words), "{}", shown.content);
    }
    let options = [question("allowed?"), about_crew, ("private", json!(true))];
    stage.ana.slash(&stage.general, "ask", &options).unwrap();
    assert_eq!(stage.query("allowed?").await.scope.unwrap().channel_ids, [id(&crew)]);
    assert_eq!(stage.queries().len(), 1, "what was refused was not asked");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_of_a_message_asks_what_is_known_about_it() {
    let stage = Stage::start().await;
    let target = stage.ana.say(&stage.general, &format!("the crane is stuck, {}", stage.ben.mention())).unwrap();
    let asked = stage.ben.message_command(&stage.general, "What is known about this?", target).unwrap();
    let query = stage.query("the crane is stuck, @ben\n(said by ana in #general)").await;
    assert!(query.verbatim && query.mentions.is_empty(), "what a message says narrows nothing");
    assert_eq!(query.original_message_id, target.get().into(), "it is never a source of its own answer");
    assert_eq!(query.scope.as_ref().unwrap().channel_ids, [id(&stage.general)]);
    stage.publish(answer(&query, "It was stuck before [1].")).await;
    let shown = asked.wait_answered().await;
    assert!(shown.is_ephemeral(), "{}", stage.general.view());
    assert!(shown.content.starts_with("> ana: the crane is stuck, @ben\n\nIt was stuck"), "{}", shown.content);

    let other = stage.ana.say_with_file(&stage.general, "", "a.png", "image/png", "x").unwrap();
    let asked = stage.ben.message_command(&stage.general, "What is known about this?", other).unwrap();
    let shown = asked.wait_answered().await;
    assert!(shown.is_ephemeral() && shown.content.contains("no text"), "{}", shown.content);
    assert_eq!(stage.queries().len(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_who_wants_it_forgotten_is_no_question() {
    let stage = Stage::start().await;
    let target = stage.ben.say(&stage.general, "the crane is stuck").unwrap();
    stage.ben.slash(&stage.general, "privacy opt-out", &[]).unwrap().wait_answered().await;
    let asked = stage.ana.message_command(&stage.general, "What is known about this?", target).unwrap();
    let shown = asked.wait_answered().await;
    assert!(shown.is_ephemeral() && shown.content.contains("not remembered"), "{}", shown.content);
    assert!(!shown.content.contains("crane"), "{}", shown.content);
    // Who asks about words of their own wants them heard.
    stage.ben.message_command(&stage.general, "What is known about this?", target).unwrap();
    let query = stage.query("the crane is stuck\n(said by ben in #general)").await;
    assert_eq!(query.username, "ben");
    assert_eq!(stage.queries().len(), 1);
    stage.end().await;
}
