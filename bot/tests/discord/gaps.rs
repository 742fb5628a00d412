//! What people write while the bot is away is heard when it is back.

use crate::support::{Stage, until};
use rtfm_bot::BotConfig;
use rtfm_shared::{
    bus::{BusError, topics},
    event::{ChatMessage, Envelope, MessageEvent, MessageId, SettingsEvent},
};
use serenity::all::Permissions;
use std::collections::BTreeMap;

pub(crate) fn messages(stage: &Stage) -> Vec<ChatMessage> {
    let created = |event| match event {
        MessageEvent::Created(message) => Some(message),
        _ => None,
    };
    stage.said().into_iter().filter_map(created).collect()
}

fn times(stage: &Stage) -> BTreeMap<MessageId, usize> {
    let mut times = BTreeMap::new();
    messages(stage).into_iter().for_each(|message| *times.entry(message.message_id).or_default() += 1);
    times
}

pub(crate) fn id(id: serenity::all::MessageId) -> MessageId {
    id.get().into()
}

pub(crate) async fn until_heard(stage: &Stage, message: serenity::all::MessageId) {
    until("a message to be heard", || times(stage).contains_key(&id(message)).then_some(())).await;
}

pub(crate) fn seen(stage: &Stage, channel: u64) -> Option<MessageId> {
    let records = stage.bus.records(topics::SETTINGS);
    let newest = |event| match event {
        SettingsEvent::Seen(seen) if seen.channel_id == channel.into() => Some(seen.message_id),
        _ => None,
    };
    records.iter().rev().find_map(|record| newest(Envelope::decode(record).unwrap().event))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_meanwhile_is_heard_in_order_and_once() {
    let mut stage = Stage::start().await;
    let quiet = stage.guild.text_channel("quiet");
    let private = stage.guild.text_channel("private");
    private.make_private(&[]);
    let before = stage.ana.say(&stage.general, "the crane is red").unwrap();
    until_heard(&stage, before).await;
    let mut missed = Vec::new();
    stage
        .while_away(async |stage| {
            missed.extend((0..230).map(|n| stage.ben.say(&stage.general, &format!("line {n}")).unwrap()));
            missed.push(stage.ben.say(&quiet, "first words here").unwrap());
            let start = stage.ben.say(&stage.general, "a thread starts here").unwrap();
            missed.push(start);
            let thread = stage.ben.start_thread(&stage.general, start, "side talk").unwrap();
            missed.push(stage.ben.say(&thread, "in the thread").unwrap());
            missed.push(stage.ben.say(&stage.guild.text_channel("new"), "in a channel made meanwhile").unwrap());
            stage.ana.say(&private, "not for the bot").unwrap();
        })
        .await;
    for message in &missed {
        until_heard(&stage, *message).await;
    }
    let heard = messages(&stage);
    let lines: Vec<&str> =
        heard.iter().map(|said| said.content.as_str()).filter(|said| said.starts_with("line")).collect();
    assert_eq!(lines, (0..230).map(|n| format!("line {n}")).collect::<Vec<_>>());
    let inside = heard.iter().find(|said| said.content == "in the thread").unwrap();
    assert_eq!(inside.parent_id, Some(stage.general.id().get().into()));
    assert_eq!(inside.guild_id, Some(stage.guild.id().get().into()));
    assert!(heard.iter().all(|said| said.content != "not for the bot"));
    assert!(times(&stage).values().all(|times| *times == 1), "{:?}", times(&stage));

    // Another restart finds nothing to hear.
    let last = stage.general.messages().last().unwrap().id;
    until("it to be noted", || (seen(&stage, stage.general.id().get()) == Some(id(last))).then_some(())).await;
    let requests = stage.discord.requests().len();
    stage.while_away(async |_| {}).await;
    // In a channel of its own: one that is quiet is not asked for.
    let last = stage.ana.say(&stage.guild.text_channel("later"), "back again").unwrap();
    until_heard(&stage, last).await;
    let asked = stage.discord.requests().split_off(requests);
    let general = format!("/channels/{}/messages", stage.general.id());
    let missed = asked.iter().filter(|request| request.path == general && request.query.contains("after="));
    assert_eq!(missed.count(), 0, "nothing was missed: {asked:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_ever_listened_nothing_is_missed() {
    let mut stage = Stage::start().await;
    let hidden = stage.guild.category("hidden");
    hidden.overwrite_member(&stage.discord.bot(), Permissions::empty(), Permissions::VIEW_CHANNEL);
    let old = stage.guild.text_channel_in(&hidden, "old");
    for n in 0..5 {
        stage.ana.say(&old, &format!("private {n}")).unwrap();
    }
    let said = stage.ana.say(&stage.general, "the crane is red").unwrap();
    until_heard(&stage, said).await;
    stage
        .while_away(async |stage| {
            old.overwrite_member(&stage.discord.bot(), Permissions::VIEW_CHANNEL, Permissions::empty());
        })
        .await;
    let said = stage.ana.say(&old, "the bot may read this now").unwrap();
    until_heard(&stage, said).await;
    assert!(messages(&stage).iter().all(|said| !said.content.starts_with("private")));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_asked_meanwhile_is_asked() {
    let mut stage = Stage::start().await;
    let said = stage.ana.say(&stage.general, "the crane is red").unwrap();
    until_heard(&stage, said).await;
    let mut asked = None;
    stage
        .while_away(async |stage| {
            asked = Some(stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap());
        })
        .await;
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.original_message_id, id(asked.unwrap()));
    assert_eq!(query.scope.unwrap().channel_ids, [stage.general.id().get().into()]);
    stage.general.wait_for_message("a placeholder", |message| message.reply_to == asked).await;
    assert_eq!(stage.queries().len(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_not_passed_on_is_asked_again_and_an_answered_one_is_not() {
    let mut stage = Stage::start().await;
    let first = stage.ben.say(&stage.general, "RTFM who painted the crane?").unwrap();
    let query = stage.query("who painted the crane?").await;
    stage.publish(crate::support::answer(&query, "Ana did [1].")).await;
    stage.general.wait_for_message("an answer", |message| message.content.contains("Ana did")).await;

    // The bot ends after it has posted the placeholder and before the bus takes the question.
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications(topics::QUERIES, (0..500).map(|_| away()));
    let second = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    stage.general.wait_for_message("a placeholder", |message| message.reply_to == Some(second)).await;
    until_heard(&stage, second).await;
    stage
        .while_away(async |stage| {
            assert_eq!(seen(stage, stage.general.id().get()), Some((second.get() - 1).into()), "it is not done with");
            stage.bus.clear_publication_faults(topics::QUERIES);
        })
        .await;
    stage.query("where is the crane?").await;
    let replies = |to| stage.general.messages().into_iter().filter(|message| message.reply_to == Some(to)).count();
    assert_eq!((replies(first), replies(second)), (1, 1));
    assert_eq!(stage.queries().iter().filter(|query| query.question.contains("painted")).count(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_died_with_its_bot_is_asked_by_the_next_though_nobody_tells_it_again() {
    let stage = Stage::start().await;
    let before = stage.ana.say(&stage.general, "before").unwrap();
    let general = stage.general.id().get();
    until("it to be noted", || (seen(&stage, general) == Some(id(before))).then_some(())).await;
    // Carried out, but the bot does not hear of it, and is killed before the question is on the bus.
    let never = rtfm_testkit::discord::Fault::delay(std::time::Duration::from_secs(3600));
    stage.discord.fault("POST", "/channels/*/messages", 1, never);
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let placeholder = stage.general.wait_for_message("a placeholder", |one| one.reply_to == Some(asked)).await;
    let stage = stage.kill().await;
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.reply.placeholder_id, Some(id(placeholder.id)), "it has its place already");
    let replies = stage.general.messages().into_iter().filter(|message| message.reply_to == Some(asked)).count();
    assert_eq!((replies, stage.queries().len()), (1, 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discord_in_trouble_only_delays_it() {
    let mut stage = Stage::start().await;
    let said = stage.ana.say(&stage.general, "the crane is red").unwrap();
    until_heard(&stage, said).await;
    let mut missed = None;
    stage
        .while_away(async |stage| {
            missed = Some(stage.ana.say(&stage.general, "and the pier is green").unwrap());
            stage.discord.fault("GET", "/channels/*/messages", 2, rtfm_testkit::discord::Fault::status(503));
        })
        .await;
    until_heard(&stage, missed.unwrap()).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_talk_while_a_gap_is_filled_do_not_end_it() {
    let mut stage = Stage::start().await;
    let harbour = stage.guild.text_channel("harbour");
    for place in [&stage.general, &harbour] {
        until_heard(&stage, stage.ana.say(place, "before").unwrap()).await;
    }
    let mut missed = Vec::new();
    stage
        .while_away(async |stage| {
            // The first channel's page is slow, and in both somebody talks meanwhile.
            let slow = rtfm_testkit::discord::Fault::delay(std::time::Duration::from_secs(1));
            stage.discord.fault("GET", "/channels/*/messages", 1, slow);
            for place in [&stage.general, &harbour] {
                missed.extend((0..5).map(|n| stage.ben.say(place, &format!("missed {n}")).unwrap()));
            }
        })
        .await;
    for place in [&stage.general, &harbour] {
        until_heard(&stage, stage.ana.say(place, "live").unwrap()).await;
    }
    for message in missed {
        until_heard(&stage, message).await;
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_while_the_bot_was_no_member_is_not_heard() {
    let mut stage = Stage::start().await;
    until_heard(&stage, stage.ana.say(&stage.general, "before").unwrap()).await;
    stage
        .while_away(async |stage| {
            let bot = stage.discord.bot();
            stage.guild.remove(&bot);
            stage.ana.say(&stage.general, "among ourselves").unwrap();
            stage.discord.advance(std::time::Duration::from_secs(60));
            stage.guild.join(&bot, &[]);
        })
        .await;
    until_heard(&stage, stage.ana.say(&stage.general, "welcome back").unwrap()).await;
    assert!(messages(&stage).iter().all(|said| said.content != "among ourselves"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_away_for_long_costs_no_message_no_edit_and_no_deletion() {
    let discord = rtfm_testkit::discord::FakeDiscord::builder().without_rate_limits();
    let stage = Stage::with(discord, |config| BotConfig { events_waiting: 4, ..config }).await;
    until_heard(&stage, stage.ana.say(&stage.general, "before").unwrap()).await;
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications(topics::MESSAGES, (0..500).map(|_| away()));
    // One batch of sixty-four is on its way, four wait, and there is no room for the others.
    let said: Vec<_> = (0..100).map(|n| stage.ben.say(&stage.general, &format!("line {n}")).unwrap()).collect();
    for (edited, gone) in [(0, 1), (99, 98)] {
        stage.ben.edit(&stage.general, said[edited], "edited").unwrap();
        stage.ben.delete(&stage.general, said[gone]).unwrap();
    }
    // Everything before this is heard.
    stage.ben.slash(&stage.general, "help", &[]).unwrap().wait_answered().await;
    stage.bus.clear_publication_faults(topics::MESSAGES);
    for n in (0..100).filter(|n| ![1, 98].contains(n)) {
        until_heard(&stage, said[n]).await;
    }
    let removed = |event| match event {
        MessageEvent::Deleted(gone) => gone.ids().any(|gone| *gone == id(said[98])).then_some(()),
        _ => None,
    };
    stage.heard("a deletion that did not fit", removed).await;
    for edited in [0, 99] {
        let reads = |event| match event {
            MessageEvent::Created(message) | MessageEvent::Updated(message) => {
                (message.message_id == id(said[edited]) && message.content == "edited").then_some(())
            }
            _ => None,
        };
        stage.heard("an edit that did not fit", reads).await;
    }
    let last = stage.ana.say(&stage.general, "after").unwrap();
    until_heard(&stage, last).await;
    let general = stage.general.id().get();
    until("it to be noted", || (seen(&stage, general) == Some(id(last))).then_some(())).await;
    stage.end().await;
}
