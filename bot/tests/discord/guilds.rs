//! The guilds that the bot is in: noted, so that one which it was taken from while nobody listened is forgotten, too.

use crate::{
    gateway::{connected, quick, shard, two_shards},
    support::{Stage, bus, launch, until, within},
};
use jiff::Timestamp;
use rtfm_bot::{Bot, BotConfig};
use rtfm_shared::{
    bus::{Bus, topics},
    event::{BackfillState, Envelope, GuildMembership, GuildSettings, MessageEvent, SettingsEvent},
};
use rtfm_testkit::{
    bus::MemoryBus,
    discord::{Builder, FakeDiscord, Fault, Guild},
};
use serde_json::json;
use serenity::all::{GatewayIntents, GuildId, Permissions};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);

/// Everything on `bot-settings`, the newest last.
fn decided(bus: &MemoryBus) -> Vec<SettingsEvent> {
    bus.records(topics::SETTINGS).iter().map(|record| Envelope::decode(record).unwrap().event).collect()
}

/// What is noted of the bot's being in a guild.
fn noted(bus: &MemoryBus, guild: GuildId) -> Option<GuildMembership> {
    decided(bus).into_iter().rev().find_map(|event| match event {
        SettingsEvent::Membership(noted) if noted.guild_id == guild.get().into() => Some(noted),
        _ => None,
    })
}

pub(crate) async fn is_noted(bus: &MemoryBus, guild: GuildId, is_member: bool) -> GuildMembership {
    let as_wanted = || noted(bus, guild).filter(|noted| noted.is_member == is_member);
    until("it to be noted whether the bot is in a guild", as_wanted).await
}

/// The partitions on which it is said that a guild was left, and until when what was said there is to be forgotten.
fn left(bus: &MemoryBus, guild: GuildId) -> Vec<(i32, Timestamp)> {
    let left = bus.records(topics::MESSAGES).into_iter().filter_map(|record| {
        match Envelope::<MessageEvent>::decode(&record).unwrap().event {
            MessageEvent::GuildLeft(left) if left.guild_id == guild.get().into() => {
                Some((record.at.partition, left.timestamp))
            }
            _ => None,
        }
    });
    left.collect()
}

fn is_left(bus: &MemoryBus, guild: GuildId) -> bool {
    left(bus, guild).into_iter().map(|(partition, _)| partition).eq([0, 1, 2])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guild_that_the_bot_was_taken_from_while_nobody_listened_is_said_to_be_left() {
    let mut stage = Stage::start().await;
    let island = stage.discord.guild("Island", &stage.ana);
    let (island_id, harbour) = (island.id(), stage.guild.id());
    is_noted(&stage.bus, island_id, true).await;
    is_noted(&stage.bus, harbour, true).await;
    stage
        .while_away(async |stage| {
            island.remove(&stage.discord.bot());
            // Discord names a guild with an outage, and it is still the bot's.
            stage.guild.set_available(false);
        })
        .await;
    is_noted(&stage.bus, island_id, false).await;
    assert!(is_left(&stage.bus, island_id), "{:?}", left(&stage.bus, island_id));
    stage.guild.set_available(true);

    // Once is enough.
    stage.while_away(async |_| {}).await;
    let third = stage.discord.guild("Third", &stage.ana);
    is_noted(&stage.bus, third.id(), true).await;
    assert_eq!((left(&stage.bus, island_id).len(), left(&stage.bus, harbour).len()), (3, 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guild_of_which_only_something_else_is_noted_counts_too() {
    let mut stage = Stage::start().await;
    is_noted(&stage.bus, stage.guild.id(), true).await;
    let guild_id = GuildId::new(77 << 22);
    let before = GuildSettings { guild_id: guild_id.get().into(), ..GuildSettings::default() };
    stage.publish(SettingsEvent::Guild(before)).await;
    stage.while_away(async |_| {}).await;
    is_noted(&stage.bus, guild_id, false).await;
    assert!(is_left(&stage.bus, guild_id));
    assert!(left(&stage.bus, stage.guild.id()).is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_speaks_for_the_guilds_of_its_own_shards_only() {
    let discord = two_shards().start().await;
    let ana = discord.user("ana");
    let bus = bus();
    let of = |shard: u64| GuildId::new((76 + shard) << 22);
    for shard in [0, 1] {
        let guild_id = of(shard).get().into();
        let bot_id = Some(discord.bot().id().get().into());
        let noted = GuildMembership { guild_id, is_member: true, bot_id, ..GuildMembership::default() };
        bus.publish(Envelope::new(SettingsEvent::Membership(noted), "rtfm/test").encode().unwrap()).await.unwrap();
    }
    // What another bot noted, whose token was used here before, is not this one's to forget.
    let others = GuildId::new(79 << 22);
    let (guild_id, bot_id) = (others.get().into(), Some("12345".into()));
    let noted = GuildMembership { guild_id, is_member: true, bot_id, ..GuildMembership::default() };
    bus.publish(Envelope::new(SettingsEvent::Membership(noted), "rtfm/test").encode().unwrap()).await.unwrap();
    let never_noted = GuildSettings { guild_id: (81u64 << 22).into(), ..GuildSettings::default() };
    bus.publish(Envelope::new(SettingsEvent::Guild(never_noted), "rtfm/test").encode().unwrap()).await.unwrap();
    let config = BotConfig::new(discord.token()).with_client(discord.http_client());
    let stop = CancellationToken::new();
    let bot = Bot::new(BotConfig { shards: shard("1", "2"), ..quick(config) }, Arc::new(bus.clone()));
    let running = launch(bot, &stop).0;
    connected(&discord, &[(1, 2)]).await;
    is_noted(&bus, of(1), false).await;
    assert!(is_left(&bus, of(1)));
    // Whatever follows from the session is done when the next guild is noted.
    let next = crate::gateway::guild_on(&discord, 1, &ana);
    is_noted(&bus, next.id(), true).await;
    assert!(left(&bus, of(0)).is_empty(), "that is for the process of the other shard to say");
    assert!(left(&bus, others).is_empty() && left(&bus, GuildId::new(81 << 22)).is_empty());
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_the_bot_was_let_in_again_unseen_is_forgotten() {
    let mut stage = Stage::start().await;
    let joined = is_noted(&stage.bus, stage.guild.id(), true).await.joined_at.unwrap();
    stage
        .while_away(async |stage| {
            stage.guild.remove(&stage.discord.bot());
            stage.discord.advance(HOUR);
            stage.guild.join(&stage.discord.bot(), &[stage.guild.bot_role()]);
        })
        .await;
    let again = || noted(&stage.bus, stage.guild.id()).filter(|noted| noted.joined_at > Some(joined));
    let again = until("the new membership to be noted", again).await;
    let said = left(&stage.bus, stage.guild.id());
    assert_eq!(said, [0, 1, 2].map(|partition| (partition, again.joined_at.unwrap())));
    stage.end().await;
}

/// The newest note of how far a channel has been read.
fn read(bus: &MemoryBus, channel: serenity::all::ChannelId) -> Option<rtfm_shared::event::Backfill> {
    decided(bus).into_iter().rev().find_map(|event| match event {
        SettingsEvent::Backfill(read) if read.channel_id == channel.get().into() => Some(read),
        _ => None,
    })
}

async fn over(bus: &MemoryBus, channel: serenity::all::ChannelId) -> rtfm_shared::event::Backfill {
    until("the reading to be over", || read(bus, channel).filter(|read| read.state != BackfillState::Running)).await
}

fn old(stage: &Stage, guild: &Guild, name: &str) -> rtfm_testkit::discord::Channel {
    let channel = guild.text_channel(name);
    for n in 0..120 {
        stage.ana.said(&channel, &format!("{name} {n}"), HOUR * 48 - Duration::from_secs(n)).unwrap();
    }
    channel
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_a_history_follows_the_word_that_a_guild_was_left() {
    let stage = Stage::start().await;
    stage.discord.tolerate(403);
    stage.discord.tolerate(404);
    let island = stage.discord.guild("Island", &stage.ana);
    let beaches: Vec<_> = (0..4).map(|n| old(&stage, &island, &format!("beach-{n}"))).collect();
    let asks = island.text_channel("asks");
    is_noted(&stage.bus, island.id(), true).await;
    for beach in &beaches {
        // Discord has read the page, and its answer is long on the way.
        stage.discord.fault("GET", &format!("/channels/{}/messages", beach.id()), 1, Fault::delay(HOUR / 3600));
        stage.ana.slash(&asks, "backfill", &[("channel", json!(beach.id().to_string()))]).unwrap();
    }
    for beach in &beaches {
        until("it to begin", || read(&stage.bus, beach.id())).await;
    }
    let asked = || {
        let pages = stage.discord.requests().into_iter().filter(|one| one.is("GET", "/messages"));
        (pages.count() >= 2).then_some(())
    };
    stage.discord.wait_for("two pages to be on their way", asked).await;
    island.remove(&stage.discord.bot());
    for beach in &beaches {
        assert_eq!(over(&stage.bus, beach.id()).await.state, BackfillState::Cancelled);
    }
    is_noted(&stage.bus, island.id(), false).await;
    let mut ended = [false; 3];
    for record in stage.bus.records(topics::MESSAGES) {
        let partition = usize::try_from(record.at.partition).unwrap();
        match Envelope::<MessageEvent>::decode(&record).unwrap().event {
            MessageEvent::GuildLeft(_) => ended[partition] = true,
            MessageEvent::Created(said) => assert!(!ended[partition], "{} follows", said.content),
            _ => {}
        }
    }
    assert_eq!(ended, [true; 3]);
    stage.end().await;
}

/// Waits until the bot has heard all that happened in the guild so far.
async fn settled(stage: &Stage) {
    let last = stage.ana.say(&stage.general, "so far").unwrap();
    let is_last =
        |event: &MessageEvent| matches!(event, MessageEvent::Created(said) if said.message_id == last.get().into());
    stage.heard("the last word", |event| is_last(&event).then_some(())).await;
}

fn wanting(stage: &Stage) -> SettingsEvent {
    let guild_id = stage.guild.id().get().into();
    SettingsEvent::Guild(GuildSettings { guild_id, backfill_new_channels: true, ..GuildSettings::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_are_read_from_when_it_is_switched_on_and_when_a_channel_is_opened_to_the_bot() {
    let stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    let (by_channel, by_role) = (stage.guild.text_channel("one"), stage.guild.text_channel("two"));
    [&by_channel, &by_role].into_iter().for_each(|hidden| hidden.make_private(&[crew]));
    settled(&stage).await;
    stage.publish(wanting(&stage)).await;
    let general = over(&stage.bus, stage.general.id()).await;
    assert_eq!((general.state, general.requested_by), (BackfillState::Done, None));
    assert!([&by_channel, &by_role].iter().all(|hidden| read(&stage.bus, hidden.id()).is_none()));

    by_channel.overwrite_role(stage.guild.bot_role(), Permissions::VIEW_CHANNEL, Permissions::empty());
    assert_eq!(over(&stage.bus, by_channel.id()).await.state, BackfillState::Done);
    assert!(read(&stage.bus, by_role.id()).is_none());
    stage.guild.set_role_permissions(stage.guild.bot_role(), Permissions::ADMINISTRATOR);
    assert_eq!(over(&stage.bus, by_role.id()).await.state, BackfillState::Done);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_the_bot_is_given_opens_channels_to_it() {
    let stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    let hidden = stage.guild.text_channel("hidden");
    hidden.make_private(&[crew]);
    settled(&stage).await;
    stage.publish(wanting(&stage)).await;
    over(&stage.bus, stage.general.id()).await;
    assert!(read(&stage.bus, hidden.id()).is_none());
    stage.guild.set_roles(&stage.discord.bot(), &[stage.guild.bot_role(), crew]);
    assert_eq!(over(&stage.bus, hidden.id()).await.state, BackfillState::Done);
    stage.end().await;
}

fn with_members() -> Builder {
    let intents = GatewayIntents::MESSAGE_CONTENT | GatewayIntents::GUILD_MEMBERS;
    FakeDiscord::builder().without_rate_limits().privileged_intents(intents)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_those_wrote_who_left_is_not_read_again_where_they_are_forgotten() {
    let hearing = |config| BotConfig { members_intent: true, ..config };
    let stage = Stage::made(with_members().start().await, hearing, |guild, _| guild.forget_leavers = true).await;
    stage.ben.said(&stage.general, "from one who will leave", HOUR).unwrap();
    stage.ana.said(&stage.general, "from one who stays", HOUR).unwrap();
    stage.guild.remove(&stage.ben);
    let left = || {
        decided(&stage.bus).into_iter().find_map(|event| match event {
            SettingsEvent::Left(left) => Some(left),
            _ => None,
        })
    };
    let left = until("it to be noted who left", left).await;
    assert_eq!((left.user_id, left.guild_id), (stage.ben.id().get().into(), stage.guild.id().get().into()));
    let gone = |event| if let MessageEvent::AuthorForgotten(gone) = event { Some(gone) } else { None };
    assert_eq!(stage.heard("the word that they are to be forgotten", gone).await.timestamp, left.left_at);

    stage.discord.wait_for_command("backfill").await;
    stage.ana.slash(&stage.general, "backfill", &[]).unwrap();
    assert_eq!(over(&stage.bus, stage.general.id()).await.state, BackfillState::Done);
    let said: Vec<String> = stage
        .said()
        .into_iter()
        .filter_map(|event| if let MessageEvent::Created(said) = event { Some(said.content) } else { None })
        .collect();
    assert!(said.contains(&"from one who stays".to_owned()), "{said:?}");
    assert!(!said.contains(&"from one who will leave".to_owned()), "{said:?}");
    stage.end().await;
}
