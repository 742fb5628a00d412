//! Reading what was said before the bot came.

use crate::support::{Stage, until};
use rtfm_shared::{
    bus::topics,
    event::{
        AuthorPrivacy, Backfill, BackfillState, ChatMessage, Envelope, GuildSettings, MessageEvent, SettingsEvent,
    },
};
use rtfm_testkit::discord::{Channel, Fault};
use serde_json::json;
use serenity::all::{ChannelId, ChannelType, Permissions};
use std::{collections::BTreeMap, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);

fn heard(stage: &Stage) -> Vec<ChatMessage> {
    let created = |event| match event {
        MessageEvent::Created(message) => Some(message),
        _ => None,
    };
    stage.said().into_iter().filter_map(created).collect()
}

/// How often each text was heard.
fn texts(stage: &Stage) -> BTreeMap<String, usize> {
    let mut texts = BTreeMap::new();
    heard(stage).into_iter().for_each(|message| *texts.entry(message.content).or_default() += 1);
    texts
}

/// The newest note of how far a place has been read.
fn noted(stage: &Stage, place: ChannelId) -> Option<Backfill> {
    let records = stage.bus.records(topics::SETTINGS);
    let newest = |event| match event {
        SettingsEvent::Backfill(read) if read.channel_id == place.get().into() => Some(read),
        _ => None,
    };
    records.iter().rev().find_map(|record| newest(Envelope::decode(record).unwrap().event))
}

async fn over(stage: &Stage, place: &Channel) -> Backfill {
    let over = || noted(stage, place.id()).filter(|read| read.state != BackfillState::Running);
    until("the reading to be over", over).await
}

/// Old messages that no gateway told of.
fn old(stage: &Stage, place: &Channel, count: u64, name: &str) {
    for n in 0..count {
        stage.ben.said(place, &format!("{name} {n}"), HOUR * 48 - Duration::from_secs(n)).unwrap();
    }
}

fn backfill(stage: &Stage, channel: &Channel) {
    stage.ana.slash(&stage.general, "backfill", &[("channel", json!(channel.id().to_string()))]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_read_with_its_threads_and_progress_is_seen() {
    let stage = Stage::start().await;
    let harbour = stage.guild.text_channel("harbour");
    old(&stage, &harbour, 250, "line");
    stage.ben.said(&harbour, "RTFM is this remembered?", HOUR).unwrap();
    let parrot = stage.discord.other_bot("parrot");
    stage.guild.join(&parrot, &[]);
    parrot.said(&harbour, "pretty polly", HOUR).unwrap();
    let mut threads = Vec::new();
    for n in 0..3 {
        let start = stage.ben.say(&harbour, &format!("start {n}")).unwrap();
        let thread = stage.ben.start_thread(&harbour, start, &format!("side talk {n}")).unwrap();
        old(&stage, &thread, 3, &format!("thread {n}"));
        thread.set_archived(n > 0);
        threads.push(thread);
    }
    backfill(&stage, &harbour);
    let done = over(&stage, &harbour).await;
    assert_eq!(done.state, BackfillState::Done, "{done:?}");
    let texts = texts(&stage);
    for n in 0..250 {
        assert_eq!(texts.get(&format!("line {n}")), Some(&1));
    }
    for (n, thread) in threads.iter().enumerate() {
        for line in 0..3 {
            assert_eq!(texts.get(&format!("thread {n} {line}")), Some(&1), "{texts:?}");
        }
        assert_eq!(noted(&stage, thread.id()).unwrap().part_of, Some(harbour.id().get().into()));
    }
    assert!(!texts.contains_key("RTFM is this remembered?") && !texts.contains_key("pretty polly"));
    let inside = heard(&stage).into_iter().find(|said| said.content == "thread 2 0").unwrap();
    assert_eq!(inside.thread_id, Some(threads[2].id().get().into()));
    assert_eq!(inside.parent_id, Some(harbour.id().get().into()));
    assert_eq!(inside.metadata.channel_name.as_deref(), Some("side talk 2"), "archived threads have names, too");
    let report = format!("I have read the history of <#{}>: ", harbour.id());
    let shown = stage.general.wait_for_message("the report", |message| message.content.starts_with(&report)).await;
    assert!(shown.content.ends_with("messages."), "{}", shown.content);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forum_is_read_post_by_post() {
    let stage = Stage::start().await;
    let forum = stage.guild.channel(ChannelType::Forum, "help", None);
    let posts: Vec<Channel> =
        (0..2).map(|n| stage.ben.start_post(&forum, &format!("post {n}"), &format!("question {n}")).unwrap()).collect();
    posts.iter().enumerate().for_each(|(n, post)| old(&stage, post, 2, &format!("post {n}")));
    posts[1].set_archived(true);
    backfill(&stage, &forum);
    assert_eq!(over(&stage, &forum).await.state, BackfillState::Done);
    let texts = texts(&stage);
    for text in ["post 0 0", "post 0 1", "post 1 0", "post 1 1"] {
        assert_eq!(texts.get(text), Some(&1), "{texts:?}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_was_interrupted_goes_on_where_it_was() {
    let mut stage = Stage::start().await;
    let harbour = stage.guild.text_channel("harbour");
    old(&stage, &harbour, 420, "line");
    let path = format!("/channels/{}/messages", harbour.id());
    // Two pages come, and then Discord is in trouble.
    backfill(&stage, &harbour);
    until("the first page", || noted(&stage, harbour.id()).filter(|read| read.read >= 100)).await;
    stage.discord.fault("GET", &path, 1000, Fault::status(503));
    let mut asked = 0;
    let harbour_id = harbour.id();
    stage
        .while_away(async |stage| {
            stage.discord.clear_faults();
            asked = stage.discord.requests().len();
            assert!(noted(stage, harbour_id).is_some());
        })
        .await;
    let done = over(&stage, &harbour).await;
    assert_eq!((done.state, done.read), (BackfillState::Done, 420), "{done:?}");
    let texts = texts(&stage);
    assert!((0..420).all(|n| texts.contains_key(&format!("line {n}"))));
    let first_again = texts.values().filter(|times| **times > 1).count();
    assert!(first_again <= 100, "at most the page under way is read twice, not {first_again}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_manage_the_server_may_and_only_what_the_bot_sees() {
    let stage = Stage::start().await;
    let hidden = stage.guild.text_channel("hidden");
    hidden.overwrite_member(&stage.discord.bot(), Permissions::empty(), Permissions::VIEW_CHANNEL);
    // Discord does not offer it to others; where an administrator changed that, the bot itself refuses.
    if stage.ben.slash(&stage.general, "backfill", &[]).is_ok() {
        let refused =
            |message: &rtfm_testkit::discord::Message| message.content.starts_with("Only members with the permission");
        stage.general.wait_for_message("a refusal", refused).await;
    }
    backfill(&stage, &hidden);
    let closed = |message: &rtfm_testkit::discord::Message| message.content.contains("I cannot view");
    stage.general.wait_for_message("a refusal", closed).await;
    assert!(noted(&stage, hidden.id()).is_none());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_remembered_is_not_read() {
    let stage = Stage::start().await;
    let harbour = stage.guild.text_channel("harbour");
    stage.ana.said(&harbour, "from the owner", HOUR).unwrap();
    stage.ben.said(&harbour, "from one who opted out", HOUR).unwrap();
    stage.ana.said(&harbour, "too old", HOUR * 24 * 40).unwrap();
    let out = AuthorPrivacy { user_id: stage.ben.id().get().into(), opted_out: true, ..AuthorPrivacy::default() };
    stage.publish(SettingsEvent::Privacy(out)).await;
    let guild_id = stage.guild.id().get().into();
    let kept = GuildSettings { guild_id, retention_days: Some(30), ..GuildSettings::default() };
    stage.publish(SettingsEvent::Guild(kept)).await;
    backfill(&stage, &harbour);
    assert_eq!(over(&stage, &harbour).await.state, BackfillState::Done);
    let texts: Vec<String> = texts(&stage).into_keys().collect();
    assert_eq!(texts, ["from the owner"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_channel_is_read_by_itself_where_the_guild_wants_it() {
    let mut stage = Stage::start().await;
    old(&stage, &stage.general.clone(), 3, "line");
    let guild_id = stage.guild.id().get().into();
    let wanted = GuildSettings { guild_id, backfill_new_channels: true, ..GuildSettings::default() };
    stage.publish(SettingsEvent::Guild(wanted)).await;
    stage.while_away(async |_| {}).await;
    let done = over(&stage, &stage.general.clone()).await;
    assert_eq!((done.state, done.read, done.requested_by), (BackfillState::Done, 3, None));
    let created = stage.guild.text_channel("new");
    assert_eq!(over(&stage, &created).await.read, 0);
    // Once is enough.
    stage.while_away(async |_| {}).await;
    let last = stage.ana.say(&stage.general, "the end").unwrap();
    until("the last", || heard(&stage).into_iter().find(|said| said.message_id == last.get().into())).await;
    assert_eq!(texts(&stage).get("line 1"), Some(&1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_can_be_stopped() {
    let stage = Stage::start().await;
    let harbour = stage.guild.text_channel("harbour");
    old(&stage, &harbour, 250, "line");
    stage.discord.fault("GET", &format!("/channels/{}/messages", harbour.id()), 1, Fault::delay(HOUR / 3600));
    backfill(&stage, &harbour);
    until("it to begin", || noted(&stage, harbour.id())).await;
    let options = [("channel", json!(harbour.id().to_string())), ("stop", json!(true))];
    stage.ana.slash(&stage.general, "backfill", &options).unwrap();
    let done = over(&stage, &harbour).await;
    assert_eq!(done.state, BackfillState::Cancelled, "{done:?}");
    assert!(done.read < 250);
    stage.end().await;
}
