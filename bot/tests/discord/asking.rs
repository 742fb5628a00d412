//! Ways to ask: each leads to one placeholder, one query and one cited answer.

use crate::support::{Stage, answer};
use rtfm_shared::event::{Mention, Speaker};
use rtfm_testkit::discord::{Fault, Message};
use serde_json::json;
use serenity::all::MessageId;

async fn placeholder(stage: &Stage, asked: MessageId) -> Message {
    let channel = &stage.general;
    channel.wait_for_message("a placeholder", |message| message.reply_to == Some(asked)).await
}

fn replies(stage: &Stage) -> usize {
    let bot = stage.discord.bot().id();
    stage.general.messages().iter().filter(|message| message.author == bot).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_begins_with_rtfm_gets_a_placeholder_that_becomes_the_cited_answer() {
    let stage = Stage::start().await;
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();

    let placeholder = placeholder(&stage, asked).await;
    assert_eq!(placeholder.history.first().unwrap_or(&placeholder.content), "Searching…");
    assert_eq!(
        placeholder.allowed_mentions,
        Some(json!({"parse": [], "users": [], "roles": [], "replied_user": false}))
    );
    assert!(placeholder.nonce.is_some());

    let query = stage.query("where is the crane?").await;
    assert_eq!(query.query_id.0, format!("discord-message-{asked}"));
    assert_eq!(query.original_message_id, asked.get().into());
    assert_eq!(query.reply.placeholder_id, Some(placeholder.id.get().into()));
    assert_eq!((query.username.as_str(), &query.user_id), ("ben", &stage.ben.id().get().into()));
    assert_eq!(query.guild_id, Some(stage.guild.id().get().into()));
    assert_eq!(query.scope.as_ref().unwrap().channel_ids, [stage.general.id().get().into()]);
    assert_eq!(query.expires_at.unwrap().duration_since(query.timestamp).as_secs(), 60);
    assert!(query.history.is_empty());

    stage.publish(answer(&query, "At the **north pier** [1]. Ask @everyone.")).await;
    let link = format!("https://discord.com/channels/{}/{}/4242", stage.guild.id(), stage.general.id());
    let shown = stage.general.wait_for_message("the answer", |message| message.content.contains("pier")).await;
    assert_eq!(shown.id, placeholder.id, "the placeholder becomes the answer");
    assert!(shown.content.starts_with(&format!("At the **north pier** [[1]](<{link}>).")), "{}", shown.content);
    assert!(shown.content.contains(&format!("-# **Sources**\n-# [[1]](<{link}>) ben · <#{}>", stage.general.id())));
    assert_eq!(shown.allowed_mentions.unwrap()["parse"], json!([]), "an edit mentions nobody either");
    assert!(!shown.mention_everyone && shown.mentions.is_empty());
    assert_eq!(replies(&stage), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_asks_with_other_mentions_readable() {
    let stage = Stage::start().await;
    let (bot, ben) = (stage.discord.bot().mention(), stage.ben.mention());
    let text = format!("{bot}, what did {ben} say in <#{}>?", stage.general.id());
    let asked = stage.ana.say(&stage.general, &text).unwrap();
    let query = stage.query("what did @ben say in #general?").await;
    let (ben, general) = (stage.ben.id().get(), stage.general.id().get());
    let person = Mention { shown: "@ben".to_owned(), user_id: Some(ben.into()), ..Mention::default() };
    let channel = Mention { shown: "#general".to_owned(), channel_ids: vec![general.into()], ..Mention::default() };
    assert_eq!((&query.mentions, query.locale.as_deref()), (&vec![person, channel], Some("en-US")));
    assert!(!query.verbatim);
    assert_eq!(query.original_message_id, asked.get().into());
    let role = stage.ana.say(&stage.general, &format!("and <@&{}> now?", stage.guild.bot_role())).unwrap();
    assert_eq!(stage.query("and now?").await.original_message_id, role.get().into());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_an_answer_asks_with_what_came_before() {
    let stage = Stage::start().await;
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let first = stage.query("where is the crane?").await;
    stage.publish(answer(&first, "At the north pier [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |message| message.content.contains("pier")).await;
    assert_eq!(shown.reply_to, Some(asked));

    stage.ana.reply(&stage.general, shown.id, "and who runs it?").unwrap();
    let follow_up = stage.query("and who runs it?").await;
    let turns: Vec<_> = follow_up.history.iter().map(|turn| (turn.role, turn.content.as_str())).collect();
    assert_eq!(turns, [(Speaker::User, "where is the crane?"), (Speaker::Model, "At the north pier.")]);
    let [question, told] = &follow_up.history[..] else { panic!("{:?}", follow_up.history) };
    assert_eq!(question.user_id, Some(stage.ben.id().get().into()));
    let apart = question.timestamp.unwrap().duration_since(first.timestamp).abs();
    assert!(apart.as_secs() < 60, "times in it are meant from then: {question:?}");
    assert_eq!((&told.user_id, &told.sources), (&None, &vec![4242.into()]));
    assert_eq!(
        told.timestamp.map(|at| at >= question.timestamp.unwrap()),
        Some(true),
        "sources edited later are others"
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_sources_and_notes_never_get_into_the_history() {
    let stage = Stage::start().await;
    let options = [("question", json!("where is the crane?")), ("since", json!("2026-03-01"))];
    stage.ben.slash(&stage.general, "ask", &options).unwrap();
    let first = stage.query("where is the crane?").await;
    let mut told = answer(&first, "At the north pier [1].\n\nIt **stays** there [1].");
    told.metadata.notice = Some("Gemini is away; these are the most relevant messages.".to_owned());
    stage.publish(told).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    for mark in ["> where", "-# only since", "-# Gemini is away", "-# **Sources**"] {
        assert!(shown.content.contains(mark), "{mark}: {}", shown.content);
    }
    stage.ana.reply(&stage.general, shown.id, "and who runs it?").unwrap();
    let follow_up = stage.query("and who runs it?").await;
    let turns: Vec<_> = follow_up.history.iter().map(|turn| (turn.role, turn.content.as_str())).collect();
    let said = "At the north pier.\n\nIt **stays** there.";
    assert_eq!(turns, [(Speaker::User, "where is the crane?"), (Speaker::Model, said)]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_asks_nothing_gets_a_hint() {
    let stage = Stage::start().await;
    let asked = stage.ben.say(&stage.general, "RTFM?").unwrap();
    let hint = placeholder(&stage, asked).await;
    assert!(hint.content.contains("Ask me something"), "{}", hint.content);
    stage.ben.say(&stage.general, "RTFM a real one").unwrap();
    stage.query("a real one").await;
    assert_eq!(stage.queries().len(), 1, "the hint is no question");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reply_to_a_message_with_every_trigger() {
    let stage = Stage::start().await;
    let first = stage.ben.say(&stage.general, "RTFM one").unwrap();
    let answered = placeholder(&stage, first).await;
    let bot = stage.discord.bot().mention();
    stage.ben.reply(&stage.general, answered.id, &format!("rtfm: {bot} two")).unwrap();
    stage.query("two").await;
    stage.ben.say(&stage.general, "RTFM three").unwrap();
    stage.query("three").await;
    assert_eq!(stage.queries().len(), 3);
    assert_eq!(replies(&stage), 3);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_is_one_question() {
    let stage = Stage::start().await;
    // While no placeholder can be posted, the question is the last message there is to repeat.
    stage.discord.fault("POST", "/channels/*/messages", 1000, Fault::status(503));
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    stage.discord.gateway().repeat_last("MESSAGE_CREATE");
    stage.discord.wait_for_request("an attempt", |request| request.status == 503).await;
    stage.discord.clear_faults();
    let placeholder = placeholder(&stage, asked).await;
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.reply.placeholder_id, Some(placeholder.id.get().into()));
    assert_eq!(replies(&stage), 1);
    // Whatever the second event does, it does before this is asked.
    stage.ben.say(&stage.general, "RTFM who runs it?").unwrap();
    stage.query("who runs it?").await;
    assert_eq!((stage.queries().len(), replies(&stage)), (2, 2), "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_are_not_answered() {
    let stage = Stage::start().await;
    let other = stage.discord.other_bot("parrot");
    stage.guild.join(&other, &[]);
    let bot = stage.discord.bot().mention();
    other.say(&stage.general, "RTFM where is the crane?").unwrap();
    other.say(&stage.general, &format!("{bot} where is the crane?")).unwrap();
    stage.ben.say(&stage.general, "rtfmanual is not a question").unwrap();
    stage.ben.say(&stage.general, "RTFM is anybody there?").unwrap();
    stage.query("is anybody there?").await;
    assert_eq!(stage.queries().len(), 1);
    assert_eq!(replies(&stage), 1);
    stage.end().await;
}
