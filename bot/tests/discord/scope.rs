//! What an answer may rest on, from the guild as the bot sees it at that moment.

use crate::support::{Stage, until};
use rtfm_shared::{
    bus::topics,
    event::{BackfillState, ChannelId, ChannelMode, ChannelRule, Envelope, GuildSettings, MessageEvent, SettingsEvent},
};
use rtfm_testkit::discord::Channel;
use serde_json::json;
use serenity::all::{ChannelType, Permissions};

async fn scope(stage: &Stage, question: &str) -> Vec<ChannelId> {
    let mut scope = stage.query(question).await.scope.unwrap().channel_ids;
    scope.sort();
    scope
}

fn ids(channels: &[&rtfm_testkit::discord::Channel]) -> Vec<ChannelId> {
    let mut ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id().get().into()).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_in_public_sees_what_is_public_and_one_in_private_sees_both() {
    let stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    stage.guild.set_roles(&stage.ben, &[crew]);
    let private = stage.guild.text_channel("crew");
    private.make_private(&[crew, stage.guild.bot_role()]);
    let hidden = stage.guild.text_channel("hidden-from-the-bot");
    hidden.make_private(&[crew]);

    stage.ben.say(&stage.general, "RTFM one").unwrap();
    assert_eq!(scope(&stage, "one").await, ids(&[&stage.general]));
    stage.ben.say(&private, "RTFM two").unwrap();
    assert_eq!(scope(&stage, "two").await, ids(&[&stage.general, &private]));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_permissions_counts_from_the_next_question() {
    let stage = Stage::start().await;
    let plans = stage.guild.text_channel("plans");
    stage.ben.say(&stage.general, "RTFM one").unwrap();
    assert_eq!(scope(&stage, "one").await, ids(&[&stage.general, &plans]));

    plans.make_private(&[stage.guild.bot_role()]);
    stage.ben.say(&stage.general, "RTFM two").unwrap();
    assert_eq!(scope(&stage, "two").await, ids(&[&stage.general]));

    plans.overwrite_role(stage.guild.everyone(), Permissions::VIEW_CHANNEL, Permissions::empty());
    stage.ben.say(&stage.general, "RTFM three").unwrap();
    assert_eq!(scope(&stage, "three").await, ids(&[&stage.general, &plans]));

    stage.guild.set_role_permissions(stage.guild.everyone(), Permissions::VIEW_CHANNEL | Permissions::SEND_MESSAGES);
    stage.ben.say(&stage.general, "RTFM four").unwrap();
    assert_eq!(scope(&stage, "four").await, [], "without the right to read history nobody reads the past");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_count_with_their_channel_and_private_ones_inside_only() {
    let stage = Stage::start().await;
    let start = stage.ana.say(&stage.general, "start").unwrap();
    let open = stage.ana.start_thread(&stage.general, start, "open").unwrap();
    let closed = stage.ana.start_private_thread(&stage.general, "closed").unwrap();
    closed.add_member(&stage.discord.bot());
    stage.ana.say(&stage.general, "RTFM one").unwrap();
    assert_eq!(scope(&stage, "one").await, ids(&[&stage.general, &open]));
    stage.ana.say(&closed, "RTFM two").unwrap();
    assert_eq!(scope(&stage, "two").await, ids(&[&stage.general, &open, &closed]));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_not_everybody_reads_the_past_a_chain_of_replies_is_not_read_to_them() {
    let stage = Stage::start().await;
    let said = stage.ana.say(&stage.general, "The mutiny is at midnight").unwrap();
    let reply = stage.ana.reply(&stage.general, said, "Bring a lantern").unwrap();
    stage.ana.reply(&stage.general, reply, "RTFM one").unwrap();
    assert_eq!(stage.query("one").await.history.len(), 2);

    let crew = stage.guild.role("crew", Permissions::empty());
    stage.general.overwrite_role(stage.guild.everyone(), Permissions::empty(), Permissions::READ_MESSAGE_HISTORY);
    stage.general.overwrite_role(crew, Permissions::READ_MESSAGE_HISTORY, Permissions::empty());
    stage.general.overwrite_role(stage.guild.bot_role(), Permissions::READ_MESSAGE_HISTORY, Permissions::empty());
    stage.ana.reply(&stage.general, reply, "RTFM two").unwrap();
    let query = stage.query("two").await;
    assert_eq!((query.scope.unwrap().channel_ids.len(), query.history.len()), (0, 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_guild_is_away_and_until_it_is_back_nothing_of_it_is_known() {
    let stage = Stage::start().await;
    stage.discord.wait_for_command("ask").await;
    stage.guild.set_available(false);
    stage.ben.slash(&stage.general, "ask", &[("question", "one".into())]).unwrap();
    assert_eq!(scope(&stage, "one").await, []);
    stage.guild.set_available(true);
    stage.ben.slash(&stage.general, "ask", &[("question", "two".into())]).unwrap();
    assert_eq!(scope(&stage, "two").await, ids(&[&stage.general]));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_was_archived_before_the_bot_came_is_known_when_asked_in() {
    let stage = Stage::start().await;
    let start = stage.ana.say(&stage.general, "start").unwrap();
    let thread = stage.ana.start_thread(&stage.general, start, "old").unwrap();
    thread.set_archived(true);
    stage.discord.gateway().forget_sessions();
    let connections = stage.discord.gateway().connections();
    stage.discord.gateway().hang_up();
    let again = || (stage.discord.gateway().connections() > connections).then_some(());
    stage.discord.wait_for("the bot to come back", again).await;
    stage.discord.gateway().wait_connected().await;
    stage.ana.say(&thread, "RTFM one").unwrap();
    assert_eq!(scope(&stage, "one").await, ids(&[&stage.general, &thread]));
    stage.end().await;
}

/// Reads the history of a channel to its end.
async fn read(stage: &Stage, channel: &Channel) {
    stage.discord.wait_for_command("backfill").await;
    stage.ana.slash(&stage.general, "backfill", &[("channel", json!(channel.id().to_string()))]).unwrap();
    let is_read = |event| match event {
        SettingsEvent::Backfill(read) => {
            read.channel_id == channel.id().get().into() && read.state == BackfillState::Done
        }
        _ => false,
    };
    let records = || stage.bus.records(topics::SETTINGS);
    let done = || records().iter().any(|record| is_read(Envelope::decode(record).unwrap().event)).then_some(());
    until("the reading to be over", done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_threads_that_are_archived_count_once_they_were_read_and_private_ones_never() {
    let mut stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    let manages = Permissions::VIEW_CHANNEL | Permissions::READ_MESSAGE_HISTORY | Permissions::MANAGE_THREADS;
    stage.guild.set_role_permissions(stage.guild.bot_role(), manages | Permissions::SEND_MESSAGES);
    let (forum, hidden) =
        (stage.guild.channel(ChannelType::Forum, "help", None), stage.guild.channel(ChannelType::Forum, "crew", None));
    hidden.make_private(&[crew, stage.guild.bot_role()]);
    let (mut posts, mut unread) = (Vec::new(), Vec::new());
    stage
        .while_away(async |stage| {
            let post = |place: &Channel, name: &str| {
                let post = stage.ana.start_post(place, name, name).unwrap();
                post.set_archived(true);
                post
            };
            posts = vec![post(&forum, "one"), post(&forum, "two"), post(&hidden, "three")];
            let private = stage.ana.start_private_thread(&stage.general, "closed").unwrap();
            stage.ana.say(&private, "a secret").unwrap();
            private.set_archived(true);
            let start = stage.ana.say(&stage.general, "start").unwrap();
            let thread = stage.ana.start_thread(&stage.general, start, "side talk").unwrap();
            thread.set_archived(true);
            unread = vec![private, thread];
        })
        .await;
    stage.ana.say(&stage.general, "RTFM one").unwrap();
    assert_eq!(scope(&stage, "one").await, ids(&[&stage.general, &forum]), "nobody knows of them yet");
    for channel in [&forum, &hidden, &stage.general] {
        read(&stage, channel).await;
    }
    // What it read is known after a restart, too: it stands on bot-settings and nowhere else.
    stage.while_away(async |_| {}).await;
    stage.ben.say(&stage.general, "RTFM two").unwrap();
    assert_eq!(scope(&stage, "two").await, ids(&[&stage.general, &forum, &posts[0], &posts[1], &unread[1]]));

    stage.guild.set_roles(&stage.ben, &[crew]);
    let command = [("question", json!("three")), ("private", json!(true))];
    stage.ben.slash(&stage.general, "ask", &command).unwrap();
    let all = ids(&[&stage.general, &forum, &hidden, &posts[0], &posts[1], &posts[2], &unread[1]]);
    assert_eq!(scope(&stage, "three").await, all);
    let command = [("question", json!("four")), ("channel", json!(forum.id().to_string()))];
    stage.ben.slash(&stage.general, "ask", &command).unwrap();
    assert_eq!(scope(&stage, "four").await, ids(&[&forum, &posts[0], &posts[1]]));

    let only = ChannelRule { mode: ChannelMode::Only, channel_ids: vec![forum.id().get().into()] };
    let guild_id = stage.guild.id().get().into();
    stage.publish(SettingsEvent::Guild(GuildSettings { guild_id, remembered: only, ..GuildSettings::default() })).await;
    stage.while_away(async |_| {}).await;
    stage.ben.say(&stage.general, "RTFM five").unwrap();
    assert_eq!(scope(&stage, "five").await, ids(&[&forum, &posts[0], &posts[1]]), "they go with their channel");
    forum.delete();
    stage.ben.say(&stage.general, "RTFM six").unwrap();
    assert_eq!(scope(&stage, "six").await, []);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_was_heard_counts_after_it_is_archived_and_the_bot_is_another() {
    let mut stage = Stage::start().await;
    let start = stage.ana.say(&stage.general, "start").unwrap();
    let (thread, quiet) = (
        stage.ana.start_thread(&stage.general, start, "side talk").unwrap(),
        stage.guild.channel(ChannelType::Forum, "help", None),
    );
    stage.ana.say(&thread, "in the thread").unwrap();
    let post = stage.ana.start_post(&quiet, "post", "a question").unwrap();
    let private = stage.ana.start_private_thread(&stage.general, "closed").unwrap();
    private.add_member(&stage.discord.bot());
    let last = stage.ana.say(&private, "a secret").unwrap();
    let is_last =
        |event: &MessageEvent| matches!(event, MessageEvent::Created(said) if said.message_id == last.get().into());
    stage.heard("all of it", |event| is_last(&event).then_some(())).await;
    stage.while_away(async |_| [&thread, &post, &private].into_iter().for_each(|one| one.set_archived(true))).await;
    let known = ids(&[&stage.general, &thread, &quiet, &post]);
    stage.ana.say(&stage.general, "RTFM one").unwrap();
    assert_eq!(scope(&stage, "one").await, known);
    // It stays known though nothing is said in it any more.
    stage.while_away(async |_| {}).await;
    stage.ana.say(&stage.general, "RTFM two").unwrap();
    assert_eq!(scope(&stage, "two").await, known);
    stage.end().await;
}
