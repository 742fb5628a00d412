//! What is edited and deleted while nobody listens is found afterwards, and what is said while the bot is shut out or
//! told to leave a channel out is not read later.

use crate::{
    gaps::{id, messages, seen, until_heard},
    support::{Stage, until},
};
use rtfm_bot::{BotConfig, GatewayTimes};
use rtfm_shared::{
    bus::topics,
    event::{Envelope, MessageEvent, SettingsEvent},
};
use rtfm_testkit::discord::{Channel, ConnectionFault, FakeDiscord};
use serde_json::json;
use serenity::all::{MessageId, Permissions};
use std::time::Duration;

/// How often a message was said to be gone.
fn removals(stage: &Stage, message: MessageId) -> usize {
    let events = stage.said().into_iter();
    events
        .filter(|event| matches!(event, MessageEvent::Deleted(gone) if gone.ids().any(|gone| *gone == id(message))))
        .count()
}

async fn until_gone(stage: &Stage, message: MessageId) {
    until("a deletion to be noticed", || (removals(stage, message) > 0).then_some(())).await;
}

async fn until_reads(stage: &Stage, message: MessageId, text: &str) {
    let reads = |event| match event {
        MessageEvent::Updated(now) => (now.message_id == id(message) && now.content == text).then_some(()),
        _ => None,
    };
    stage.heard("an edit to be noticed", reads).await;
}

async fn until_noted(stage: &Stage, channel: &Channel, message: MessageId) {
    let channel = channel.id().get();
    until("it to be noted", || (seen(stage, channel) == Some(id(message))).then_some(())).await;
}

fn is_read(stage: &Stage, text: &str) -> bool {
    messages(stage).iter().any(|said| said.content == text)
}

/// Shuts the bot out of a channel, or lets it in again.
fn shut(stage: &Stage, channel: &Channel, shut: bool) {
    let denied = if shut { Permissions::VIEW_CHANNEL } else { Permissions::empty() };
    channel.overwrite_member(&stage.discord.bot(), Permissions::empty(), denied);
}

/// Everything that happened on Discord so far is heard: what is said in a channel comes after it.
async fn heard_so_far(stage: &Stage) {
    until_heard(stage, stage.ana.say(&stage.general, "so far").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_and_deleted_while_there_is_no_bot_is_found() {
    let mut stage = Stage::start().await;
    let old = stage.guild.text_channel("old");
    let words = ["kept", "edited", "gone", "gone too"];
    let [kept, edited, gone, too] = words.map(|text| stage.ben.say(&stage.general, text).unwrap());
    let in_old = stage.ana.say(&old, "in a channel that goes").unwrap();
    for message in [kept, edited, gone, too, in_old] {
        until_heard(&stage, message).await;
    }
    stage
        .while_away(async |stage| {
            stage.ben.edit(&stage.general, edited, "edited while away").unwrap();
            stage.ben.delete(&stage.general, gone).unwrap();
            stage.ben.delete(&stage.general, too).unwrap();
            stage.ben.say(&stage.general, "and something new").unwrap();
            old.delete();
        })
        .await;
    until_gone(&stage, gone).await;
    until_gone(&stage, too).await;
    until_reads(&stage, edited, "edited while away").await;
    let channel_gone = |event| match event {
        MessageEvent::ChannelDeleted(gone) => (gone.channel_id == old.id().get().into()).then_some(()),
        _ => None,
    };
    stage.heard("a channel to be missed", channel_gone).await;
    assert_eq!(removals(&stage, kept), 0);
    let again = stage
        .said()
        .into_iter()
        .filter(|event| matches!(event, MessageEvent::Updated(now) if now.message_id == id(kept)));
    assert_eq!(again.count(), 0, "what nobody edited is no news");

    // The next bot knows that they are gone.
    let last = stage.ben.say(&stage.general, "and one more").unwrap();
    until_heard(&stage, last).await;
    stage.while_away(async |stage| stage.ben.delete(&stage.general, last).unwrap()).await;
    until_gone(&stage, last).await;
    assert_eq!((removals(&stage, gone), removals(&stage, too)), (1, 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_between_two_sessions_of_one_bot_is_found_too() {
    let times = GatewayTimes {
        first_retry: Duration::from_millis(20),
        longest_retry: Duration::from_millis(100),
        identify_every: Duration::from_millis(50),
        ..GatewayTimes::default()
    };
    let discord = FakeDiscord::builder().without_rate_limits();
    let stage = Stage::with(discord, |config| BotConfig { gateway: times, ..config }).await;
    let [edited, gone] = ["edited", "gone"].map(|text| stage.ben.say(&stage.general, text).unwrap());
    until_heard(&stage, gone).await;
    let gateway = stage.discord.gateway();
    gateway.fail_connections(Some(ConnectionFault::Refuse));
    gateway.forget_sessions();
    gateway.reset();
    stage.discord.wait_for("a broken session", || (gateway.connected() == 0).then_some(())).await;
    stage.ben.edit(&stage.general, edited, "edited between").unwrap();
    stage.ben.delete(&stage.general, gone).unwrap();
    gateway.fail_connections(None);
    until_gone(&stage, gone).await;
    until_reads(&stage, edited, "edited between").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_closed_to_the_bot_is_not_taken_for_an_empty_one() {
    let mut stage = Stage::start().await;
    let [kept, also] = ["kept", "also kept"].map(|text| stage.ben.say(&stage.general, text).unwrap());
    until_heard(&stage, also).await;
    let harbour = stage.guild.text_channel("harbour");
    let gone = stage.ben.say(&harbour, "gone").unwrap();
    until_heard(&stage, gone).await;
    stage
        .while_away(async |stage| {
            stage.general.overwrite_member(
                &stage.discord.bot(),
                Permissions::empty(),
                Permissions::READ_MESSAGE_HISTORY,
            );
            stage.ben.delete(&harbour, gone).unwrap();
        })
        .await;
    until_gone(&stage, gone).await;
    stage.general.overwrite_member(&stage.discord.bot(), Permissions::empty(), Permissions::empty());
    stage.while_away(async |stage| stage.ben.delete(&stage.general, also).unwrap()).await;
    until_gone(&stage, also).await;
    assert_eq!(removals(&stage, kept), 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_the_bot_is_shut_out_is_not_read_when_it_is_let_in_again() {
    let mut stage = Stage::start().await;
    let crew = stage.guild.text_channel("crew");
    let before = stage.ben.say(&crew, "before").unwrap();
    until_heard(&stage, before).await;
    shut(&stage, &crew, true);
    stage.ben.say(&crew, "among ourselves").unwrap();
    // What was remembered is not safe from deletion meanwhile.
    stage.ben.delete(&crew, before).unwrap();
    shut(&stage, &crew, false);
    heard_so_far(&stage).await;
    until_gone(&stage, before).await;
    let mut missed = None;
    stage.while_away(async |stage| missed = Some(stage.ben.say(&crew, "while there is no bot").unwrap())).await;
    until_heard(&stage, missed.unwrap()).await;
    assert!(!is_read(&stage, "among ourselves"));

    // Shut out when it ends, and let in while there is no bot.
    shut(&stage, &crew, true);
    stage.ben.say(&crew, "once more").unwrap();
    heard_so_far(&stage).await;
    stage
        .while_away(async |stage| {
            stage.ben.say(&crew, "and again").unwrap();
            shut(stage, &crew, false);
        })
        .await;
    let welcome = stage.ben.say(&crew, "welcome back").unwrap();
    until_heard(&stage, welcome).await;
    until_noted(&stage, &crew, welcome).await;
    assert!(!is_read(&stage, "once more") && !is_read(&stage, "and again"));

    // Taken and given while there is no bot: a role's doing, and for a bot that was shut out all the time.
    let secret = stage.guild.text_channel("secret");
    secret.make_private(&[]);
    stage.ben.say(&stage.general, "later than the channel").unwrap();
    stage.ana.say(&secret, "not for the bot").unwrap();
    heard_so_far(&stage).await;
    stage
        .while_away(async |stage| {
            secret.overwrite_member(&stage.discord.bot(), Permissions::VIEW_CHANNEL, Permissions::empty());
        })
        .await;
    let hello = stage.ana.say(&secret, "hello bot").unwrap();
    until_heard(&stage, hello).await;
    until_noted(&stage, &secret, hello).await;
    assert!(!is_read(&stage, "not for the bot"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_in_a_channel_that_is_left_out_is_not_read_when_it_is_remembered_again() {
    let stage = Stage::start().await;
    let before = stage.ben.say(&stage.general, "before").unwrap();
    until_noted(&stage, &stage.general, before).await;
    let general = ("add", json!(stage.general.id().to_string()));
    let set = async |given: &[(&str, serde_json::Value)]| {
        let told = stage.ana.slash(&stage.general, "rtfm settings remembered", given).unwrap().wait_answered().await;
        assert!(told.content.starts_with("Done"), "{}", told.content);
    };
    set(&[("channels", json!("except")), general]).await;
    stage.ben.say(&stage.general, "off the record").unwrap();
    set(&[("channels", json!("all"))]).await;
    // Before it is noted again how far it was heard.
    let stage = stage.kill().await;
    let live = stage.ben.say(&stage.general, "on the record").unwrap();
    until_heard(&stage, live).await;
    until_noted(&stage, &stage.general, live).await;
    assert!(!is_read(&stage, "off the record"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn which_messages_are_remembered_is_noted_in_few_words() {
    let mut stage = Stage::start().await;
    let said: Vec<MessageId> = (0..120).map(|n| stage.ben.say(&stage.general, &format!("line {n}")).unwrap()).collect();
    until_heard(&stage, said[119]).await;
    stage.while_away(async |_| {}).await;
    let records = stage.bus.records(topics::SETTINGS);
    let recent = |event| match event {
        SettingsEvent::Recent(recent) if recent.channel_id == stage.general.id().get().into() => Some(recent),
        _ => None,
    };
    let noted = records.iter().rev().find_map(|record| recent(Envelope::decode(record).unwrap().event)).unwrap();
    let newest: Vec<_> = said[20..].iter().map(|said| id(*said)).collect();
    assert_eq!((noted.message_ids, noted.guild_id), (newest, Some(stage.guild.id().get().into())));
    stage.end().await;
}
