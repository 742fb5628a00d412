//! Shards: all of them in one process, or some.

use super::scene::quick;
use crate::support::{Stage, answer, launch, within};
use rtfm_bot::{Bot, BotConfig, Shards};
use rtfm_testkit::discord::{Builder, Channel, FakeDiscord, Guild, User};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

pub(crate) fn two_shards() -> Builder {
    FakeDiscord::builder().without_rate_limits().shards(2)
}

pub(crate) fn shard(ids: &str, count: &str) -> Option<Shards> {
    Shards::parse(Some(ids), Some(count)).unwrap()
}

/// A guild that this shard of two serves.
pub(crate) fn guild_on(discord: &FakeDiscord, shard: u64, owner: &User) -> Guild {
    loop {
        // A guild's shard is made of the moment it was made in.
        discord.advance(Duration::from_millis(1));
        let guild = discord.guild(&format!("Harbour {shard}"), owner);
        if (guild.id().get() >> 22) % 2 == shard {
            return guild;
        }
    }
}

/// A channel of such a guild.
pub(crate) fn channel_on(discord: &FakeDiscord, shard: u64, owner: &User, member: &User) -> Channel {
    let guild = guild_on(discord, shard, owner);
    guild.join(member, &[]);
    guild.text_channel("general")
}

pub(crate) async fn connected(discord: &FakeDiscord, shards: &[(u64, u64)]) {
    let gateway = discord.gateway();
    discord.wait_for("the shards", || (gateway.shards() == shards).then_some(())).await;
}

/// A question is asked and its answer shown, once.
async fn answers(stage: &Stage, channel: &Channel, question: &str) {
    let asked = stage.ben.say(channel, &format!("RTFM {question}")).unwrap();
    let query = stage.query(question).await;
    stage.publish(answer(&query, &format!("So it is, {question}"))).await;
    channel.wait_for_message("the answer", |message| message.content.contains("So it is")).await;
    let replies = channel.messages().into_iter().filter(|message| message.reply_to == Some(asked)).count();
    assert_eq!(replies, 1, "{}", channel.view());
    assert_eq!(stage.queries().into_iter().filter(|query| query.question == question).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_serves_as_many_shards_as_discord_recommends() {
    let stage = Stage::with(two_shards(), quick).await;
    connected(&stage.discord, &[(0, 2), (1, 2)]).await;
    for shard in [0, 1] {
        let channel = channel_on(&stage.discord, shard, &stage.ana, &stage.ben);
        answers(&stage, &channel, &format!("who serves {shard}?")).await;
        let asked =
            stage.ben.slash(&channel, "ask", &[("question", json!(format!("and commands of {shard}?")))]).unwrap();
        let query = stage.query(&format!("and commands of {shard}?")).await;
        stage.publish(answer(&query, "They work.")).await;
        assert!(asked.wait_answered().await.content.contains("They work."));
    }
    // Direct messages are the first shard's; there are several servers to be asked about.
    let direct = stage.ben.direct();
    stage.ben.say(&direct, "and here?").unwrap();
    direct.wait_for_message("a question back", |message| message.content.contains("Which server")).await;
    assert_eq!(stage.discord.gateway().identifies(), 2);
    let registrations = stage.discord.requests().iter().filter(|request| request.is("PUT", "/commands")).count();
    assert_eq!(registrations, 1, "by whichever shard was first");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_ready_when_its_own_shards_are() {
    let discord = two_shards().start().await;
    let config = BotConfig::new(discord.token()).with_client(discord.http_client());
    let bus = crate::support::bus();
    let bot = Bot::new(BotConfig { shards: shard("1", "2"), ..quick(config) }, Arc::new(bus));
    let stop = CancellationToken::new();
    let (door, close) = crate::health::open_door(&bot).await;
    let running = launch(bot, &stop).0;
    within("the bot to be ready", crate::health::becomes(door, 200)).await;
    assert_eq!(discord.gateway().shards(), [(1, 2)]);
    discord.gateway().fail_connections(Some(rtfm_testkit::discord::ConnectionFault::Refuse));
    discord.gateway().reset();
    within("the bot to be unready", crate::health::becomes(door, 503)).await;
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    close.cancel();
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_sessions_begin_no_faster_than_discord_allows() {
    let every = Duration::from_millis(200);
    let discord = FakeDiscord::builder().without_rate_limits().shards(4).identify_every(every, 2);
    let began = Instant::now();
    let patient = |config| {
        let config = quick(config);
        let gateway = rtfm_bot::GatewayTimes { identify_every: every * 2, ..config.gateway };
        BotConfig { gateway, ..config }
    };
    let stage = Stage::with(discord, patient).await;
    connected(&stage.discord, &[(0, 4), (1, 4), (2, 4), (3, 4)]).await;
    assert!(began.elapsed() >= every, "two at once, and then the other two");
    assert_eq!(stage.discord.gateway().identifies(), 4, "none was called invalid");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_may_begin_no_more_sessions_waits_until_it_may() {
    let wait = Duration::from_millis(600);
    let discord = FakeDiscord::builder().without_rate_limits().session_starts(0, wait).start().await;
    let began = Instant::now();
    let stage = Stage::on(discord, quick).await;
    assert!(began.elapsed() >= wait);
    assert_eq!(stage.discord.gateway().identifies(), 1);
    stage.end().await;
}
