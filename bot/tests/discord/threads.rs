//! Answers in threads, talk in the bot's threads, and channels in which it does not answer.

use crate::support::{Stage, answer};
use rtfm_shared::event::{ChannelId, ChannelMode, ChannelRule, Speaker};
use rtfm_testkit::discord::{Channel, Fault, Message};
use serde_json::json;
use serenity::all::{ChannelId as SerenityChannelId, MessageId};

fn by_bot(stage: &Stage, channel: &Channel) -> Vec<Message> {
    let bot = stage.discord.bot().id();
    channel.messages().into_iter().filter(|message| message.author == bot).collect()
}

fn thread_of(stage: &Stage, message: MessageId) -> Channel {
    stage.discord.channel(SerenityChannelId::new(message.get()))
}

async fn in_threads() -> Stage {
    Stage::deciding(|settings, _| settings.answer_in_thread = true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_in_a_thread_of_its_own_and_talked_about_there() {
    let stage = in_threads().await;
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let first = stage.query("where is the crane?").await;
    let thread = thread_of(&stage, asked);
    assert_eq!(first.channel_id, thread.id().get().into());
    let general: ChannelId = stage.general.id().get().into();
    assert!(first.scope.as_ref().unwrap().channel_ids.contains(&general), "the scope is the channel's");
    assert!(thread.view().contains("Harbour › #general › where is the crane?"), "{}", thread.view());
    stage.publish(answer(&first, "At the north pier [1].")).await;
    let shown = thread.wait_for_message("the answer", |one| one.content.contains("north pier")).await;
    assert_eq!(first.reply.placeholder_id, Some(shown.id.get().into()));
    assert!(by_bot(&stage, &stage.general).is_empty(), "{}", stage.general.view());

    stage.ben.say(&thread, &format!("{} do you know?", stage.ana.mention())).unwrap();
    stage.ana.say(&thread, "and who runs it?").unwrap();
    let second = stage.query("and who runs it?").await;
    let turns: Vec<_> = second.history.iter().map(|turn| (turn.role, turn.content.as_str())).collect();
    let aside = format!("{} do you know?", stage.ana.mention());
    assert_eq!(
        turns,
        [
            (Speaker::User, "where is the crane?"),
            (Speaker::Model, "At the north pier."),
            (Speaker::User, aside.as_str())
        ]
    );
    assert_eq!(stage.queries().len(), 2, "what is said to somebody else asks nothing");
    stage.publish(answer(&second, "Ana does [1].")).await;
    let shown = thread.wait_for_message("the answer", |one| one.content.contains("Ana does")).await;
    assert!(!shown.buttons().is_empty());

    let again = shown.buttons().into_iter().find(|id| id.starts_with("r1:m:")).unwrap();
    let clicked = stage.ana.click(&thread, shown.id, &again).unwrap();
    let id = format!("discord-again-{}", clicked.id());
    let third = || stage.queries().into_iter().find(|query| query.query_id.0 == id);
    let third = crate::support::until("the question anew", third).await;
    assert_eq!((third.question.as_str(), &third.history), ("and who runs it?", &second.history));
    stage.publish(answer(&third, "Ana does, still [1].")).await;
    thread.wait_for_message("the answer", |one| one.content.contains("still")).await;

    // The thread's own first question is asked again from within it.
    let first_answer = thread.messages().into_iter().find(|one| one.content.contains("north pier")).unwrap();
    let again = first_answer.buttons().into_iter().find(|id| id.starts_with("r1:m:")).unwrap();
    let clicked = stage.ben.click(&thread, first_answer.id, &again).unwrap();
    let id = format!("discord-again-{}", clicked.id());
    let fourth = || stage.queries().into_iter().find(|query| query.query_id.0 == id);
    let fourth = crate::support::until("the question anew", fourth).await;
    assert_eq!((fourth.question.as_str(), fourth.history.len()), ("where is the crane?", 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_is_there_already_is_used_and_without_one_the_channel_is() {
    let stage = in_threads().await;
    stage.discord.fault("POST", "/channels/*/messages/*/threads", 1, Fault::lose_reply());
    let asked = stage.ben.say(&stage.general, "RTFM one").unwrap();
    assert_eq!(stage.query("one").await.channel_id, thread_of(&stage, asked).id().get().into());

    let refused = Fault::error(403, 50_013, "Missing Permissions");
    stage.discord.fault("POST", "/channels/*/messages/*/threads", 1, refused);
    let asked = stage.ben.say(&stage.general, "RTFM two").unwrap();
    let query = stage.query("two").await;
    assert_eq!(query.channel_id, stage.general.id().get().into());
    stage.publish(answer(&query, "Here [1].")).await;
    stage
        .general
        .wait_for_message("the answer", |one| one.reply_to == Some(asked) && one.content.contains("Here"))
        .await;

    // In a thread, and in a channel of another kind, there is nothing to start.
    let thread = stage.ana.start_thread(&stage.general, asked, "talk").unwrap();
    stage.ben.say(&thread, "RTFM three").unwrap();
    assert_eq!(stage.query("three").await.channel_id, thread.id().get().into());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_takes_no_placeholder_leaves_the_answer_to_the_channel() {
    let stage = in_threads().await;
    let archived = Fault::error(400, 50_083, "Thread is archived");
    stage.discord.fault("POST", "/channels/*/messages", 1, archived);
    let asked = stage.ben.say(&stage.general, "RTFM one").unwrap();
    let query = stage.query("one").await;
    assert_eq!(query.channel_id, stage.general.id().get().into());
    stage.publish(answer(&query, "Here [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |one| one.content.contains("Here")).await;
    assert_eq!(shown.reply_to, Some(asked));
    assert!(shown.content.contains("-# The thread for this answer is closed"), "{}", shown.content);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_thread_is_opened_by_the_answer_and_a_lost_one_leaves_it_to_the_channel() {
    let stage = in_threads().await;
    let asked = stage.ben.say(&stage.general, "RTFM one").unwrap();
    let query = stage.query("one").await;
    let thread = thread_of(&stage, asked);
    thread.set_archived(true);
    let archived = || Fault::error(400, 50_083, "Thread is archived");
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, archived());
    stage.publish(answer(&query, "Opened [1].")).await;
    thread.wait_for_message("the answer", |one| one.content.contains("Opened")).await;
    stage.responses_done().await;
    assert!(by_bot(&stage, &stage.general).is_empty());

    let asked = stage.ben.say(&stage.general, "RTFM two").unwrap();
    let query = stage.query("two").await;
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, archived());
    stage.discord.fault("POST", "/channels/*/messages", 1, archived());
    stage.publish(answer(&query, "Moved [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |one| one.content.contains("Moved")).await;
    assert_eq!(shown.reply_to, Some(asked));
    assert!(shown.content.contains("-# The thread for this answer was closed meanwhile"), "{}", shown.content);

    stage.ben.say(&stage.general, "RTFM three").unwrap();
    let query = stage.query("three").await;
    thread_of(&stage, stage.general.messages().last().unwrap().id).delete();
    for _ in 0..2 {
        stage.publish(answer(&query, "Gone [1].")).await;
        stage.responses_done().await;
    }
    let shown = by_bot(&stage, &stage.general).into_iter().filter(|one| one.content.contains("Gone")).count();
    assert_eq!(shown, 1, "{}", stage.general.view());
    assert!(stage.bus.records("bot-responses.dlq").is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_a_private_thread_is_never_shown_in_its_channel() {
    let stage = Stage::start().await;
    let thread = stage.ana.start_private_thread(&stage.general, "closed").unwrap();
    thread.add_member(&stage.discord.bot());
    stage.ana.say(&thread, "RTFM secret?").unwrap();
    let query = stage.query("secret?").await;
    let archived = || Fault::error(400, 50_083, "Thread is archived");
    stage.discord.fault("PATCH", "/channels/*/messages/*", 1, archived());
    stage.discord.fault("POST", "/channels/*/messages", 1, archived());
    stage.publish(answer(&query, "The secret [1].")).await;
    stage.responses_done().await;
    assert!(by_bot(&stage, &stage.general).is_empty(), "{}", stage.general.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_channels_that_are_not_chosen_messages_are_passed_over_and_commands_told() {
    let stage = Stage::deciding(|settings, general| {
        let only = vec![general.id().get().into()];
        settings.answered = ChannelRule { mode: ChannelMode::Except, channel_ids: only };
    })
    .await;
    let other = stage.guild.text_channel("other");
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    let start = stage.ana.say(&stage.general, "start").unwrap();
    let thread = stage.ana.start_thread(&stage.general, start, "side").unwrap();
    stage.ben.say(&thread, "RTFM two").unwrap();
    let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("three"))]).unwrap();
    let told = asked.wait_answered().await;
    assert!(
        told.is_ephemeral() && told.content.contains("do not answer questions in this channel"),
        "{}",
        told.content
    );
    stage.ben.say(&other, "RTFM four").unwrap();
    stage.query("four").await;
    assert_eq!(stage.queries().len(), 1);
    assert!(by_bot(&stage, &stage.general).iter().all(Message::is_ephemeral), "{}", stage.general.view());
    assert!(by_bot(&stage, &thread).is_empty());
    stage.end().await;
}
