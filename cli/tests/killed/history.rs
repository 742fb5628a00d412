//! Backfill and catch-up by processes that die midway.

use crate::killed::up::{Up, events, replies, standing, stored, until};
use rtfm_shared::{
    bus::LocalBus,
    event::{Backfill, BackfillState, MessageEvent, SettingsEvent},
};
use rtfm_testkit::{
    discord::{Channel, FakeDiscord, Fault, User},
    gemini::FakeGemini,
};
use serde_json::json;
use serenity::all::MessageId;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// Longer than a test runs.
const NEVER: Duration = Duration::from_secs(3600);

/// Old messages that the gateway never delivered, oldest first.
fn old(user: &User, place: &Channel, count: u64, name: &str) -> Vec<MessageId> {
    let said = |n| user.said(place, &format!("{name} {n}"), HOUR * 48 - Duration::from_secs(n)).unwrap();
    (0..count).map(said).collect()
}

/// The newest record of a channel's backfill.
async fn noted(bus: &LocalBus, channel: &Channel) -> Option<Backfill> {
    let of_channel = |event| match event {
        SettingsEvent::Backfill(read) if read.channel_id == channel.id().get().into() => Some(read),
        _ => None,
    };
    events::<SettingsEvent>(bus).await.into_iter().rev().find_map(of_channel)
}

/// The number of requested pages of a channel.
fn pages(discord: &FakeDiscord, channel: &Channel) -> usize {
    let path = format!("/channels/{}/messages", channel.id());
    discord.requests().iter().filter(|request| request.method == "GET" && request.path == path).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_read_by_processes_that_die_is_whole_and_what_was_deleted_meanwhile_stays_gone() {
    let directory = tempfile::tempdir().unwrap();
    let (discord, gemini) = (FakeDiscord::builder().without_rate_limits().start().await, FakeGemini::start().await);
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let (general, harbour) = (guild.text_channel("general"), guild.text_channel("harbour"));
    let lines = old(&ben, &harbour, 640, "line");
    let start = ben.say(&harbour, "a thread starts here").unwrap();
    let thread = ben.start_thread(&harbour, start, "side talk").unwrap();
    let asides = old(&ben, &thread, 120, "aside");

    let mut up = Up::listening(directory.path(), &discord, &gemini).await;
    let bus = LocalBus::open(directory.path()).unwrap();
    // The second page does not arrive while this process lives.
    let path = format!("/channels/{}/messages", harbour.id());
    discord.fault("GET", &path, 1, Fault::delay(Duration::from_millis(1)));
    discord.fault("GET", &path, 1, Fault::delay(NEVER));
    discord.wait_for_command("backfill").await;
    ana.slash(&general, "backfill", &[("channel", json!(harbour.id().to_string()))]).unwrap();
    until("the second page is asked for", async || pages(&discord, &harbour) == 2).await;
    up.kill();
    assert_eq!(noted(&bus, &harbour).await.map(|read| (read.state, read.read)), Some((BackfillState::Running, 100)));

    // The backfill resumes by itself. One message is deleted after its page was read, one while its page is requested.
    let (read, coming) = (lines[600], lines[500]);
    discord.fault("GET", &path, 1, Fault::delay(Duration::from_secs(3)));
    up = Up::listening(directory.path(), &discord, &gemini).await;
    until("the second page is asked for again", async || pages(&discord, &harbour) == 3).await;
    ben.delete(&harbour, read).unwrap();
    ben.delete(&harbour, coming).unwrap();
    ben.edit(&harbour, lines[610], "line 610, and more").unwrap();
    until("both deletions are on the bus", async || deletions(&bus).await == 2).await;
    // The process dies again, in the thread.
    discord.fault("GET", &format!("/channels/{}/messages", thread.id()), 1, Fault::delay(NEVER));
    until("the thread is read", async || pages(&discord, &thread) == 1).await;
    up.kill();

    let _up = Up::listening(directory.path(), &discord, &gemini).await;
    let done = async || noted(&bus, &harbour).await.is_some_and(|read| read.state == BackfillState::Done);
    until("the reading is over", done).await;
    let expected = standing(&discord, &[&harbour, &thread]);
    assert_eq!(expected.len(), 640 + 1 + 120 - 2);
    assert!(asides.iter().all(|aside| expected.contains_key(&aside.get())));
    until("all of it is stored as it stands", async || stored(directory.path()).await == expected).await;
    discord.finish();
}

async fn deletions(bus: &LocalBus) -> usize {
    let deleted = |event: &MessageEvent| matches!(event, MessageEvent::Deleted(_));
    events::<MessageEvent>(bus).await.iter().filter(|event| deleted(event)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_filled_by_processes_that_die_is_filled_and_each_message_is_stored_once() {
    let directory = tempfile::tempdir().unwrap();
    let (discord, gemini) = (FakeDiscord::builder().without_rate_limits().start().await, FakeGemini::start().await);
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let (general, harbour) = (guild.text_channel("general"), guild.text_channel("harbour"));

    let up = Up::listening(directory.path(), &discord, &gemini).await;
    let bus = LocalBus::open(directory.path()).unwrap();
    for channel in [&general, &harbour] {
        let said = ana.say(channel, "before").unwrap();
        let seen = async || {
            events::<SettingsEvent>(&bus).await.iter().any(|event| match event {
                SettingsEvent::Seen(seen) => seen.message_id == said.get().into(),
                _ => false,
            })
        };
        until("it is noted how far the channel is heard", seen).await;
    }
    up.kill();

    let talk = |round: usize| {
        for n in 0..130 {
            for channel in [&general, &harbour] {
                ben.say(channel, &format!("missed {round}.{n}")).unwrap();
            }
        }
    };
    talk(0);
    // The second page of the first channel never arrives; meanwhile people go on writing.
    let path = "/channels/*/messages";
    discord.fault("GET", path, 1, Fault::delay(Duration::from_millis(1)));
    discord.fault("GET", path, 1, Fault::delay(NEVER));
    let all = || pages(&discord, &general) + pages(&discord, &harbour);
    let up = Up::listening(directory.path(), &discord, &gemini).await;
    until("the second page is asked for", async || all() == 2).await;
    ana.say(&general, "live, while the gap is open").unwrap();
    up.kill();
    talk(1);

    let _up = Up::listening(directory.path(), &discord, &gemini).await;
    let asked = ben.say(&general, "RTFM what did I miss?").unwrap();
    let expected = standing(&discord, &[&general, &harbour]);
    assert_eq!(expected.len(), 2 + 4 * 130 + 1);
    until("all of it is stored", async || stored(directory.path()).await == expected).await;
    general.wait_for_message("a reply", |message| message.reply_to == Some(asked)).await;
    assert_eq!(replies(&general, asked).len(), 1);
    discord.finish();
}
