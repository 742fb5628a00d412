//! Questions in direct messages: asked in a guild that the bot and the asker share, with the asker's own view.

use crate::{
    gateway::{channel_on, connected, guild_on, quick, shard, two_shards},
    guilds::is_noted,
    support::{Stage, answer, bus, launch, until, within},
};
use rtfm_bot::{Bot, BotConfig};
use rtfm_shared::{
    bus::{Bus, topics},
    event::{ChannelId, Envelope, Query, Speaker},
};
use rtfm_testkit::discord::{ConnectionFault, Fault, Message};
use serde_json::json;
use serenity::all::Permissions;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn ids(channels: &[&rtfm_testkit::discord::Channel]) -> Vec<ChannelId> {
    let mut ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id().get().into()).collect();
    ids.sort();
    ids
}

fn scope(query: &Query) -> Vec<ChannelId> {
    let mut scope = query.scope.clone().unwrap().channel_ids;
    scope.sort();
    scope
}

fn menu(message: &Message) -> Option<String> {
    message.buttons().into_iter().find(|id| id.starts_with("r1:w"))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_server_in_common_it_is_asked_there_with_the_askers_view() {
    let stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    stage.guild.set_roles(&stage.ben, &[crew]);
    let private = stage.guild.text_channel("crew");
    private.make_private(&[crew, stage.guild.bot_role()]);
    let others = stage.guild.text_channel("not-for-ben");
    others.make_private(&[stage.guild.bot_role()]);
    let direct = stage.ben.direct();
    stage.ben.say(&direct, "where is the crane?").unwrap();
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.guild_id, Some(stage.guild.id().get().into()));
    assert_eq!(query.channel_id, direct.id().get().into());
    assert_eq!(scope(&query), ids(&[&stage.general, &private]));
    stage.publish(answer(&query, "At the pier [1].")).await;
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("At the pier")).await;

    // Roles count as they are now.
    stage.guild.set_roles(&stage.ben, &[]);
    stage.ben.reply(&direct, shown.id, "and who runs it?").unwrap();
    let query = stage.query("and who runs it?").await;
    assert_eq!(scope(&query), ids(&[&stage.general]));
    let turns: Vec<_> = query.history.iter().map(|turn| (turn.role, turn.content.as_str())).collect();
    assert_eq!(turns, [(Speaker::User, "where is the crane?"), (Speaker::Model, "At the pier.")]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_the_asker_chooses_and_what_is_asked_further_stays_there() {
    let stage = Stage::start().await;
    let second = stage.discord.guild("Yard", &stage.ana);
    stage.guild_heard(&second).await;
    second.join(&stage.ben, &[]);
    let yard = second.text_channel("yard");
    let direct = stage.ben.direct();
    let asked = stage.ben.say(&direct, "where is the crane?").unwrap();
    let which = direct.wait_for_message("a menu", |one| menu(one).is_some()).await;
    assert_eq!(which.reply_to, Some(asked));
    assert!(which.content.contains("Which server"), "{}", direct.view());
    assert!(stage.queries().is_empty());

    // The choice is understood by an instance that knows of nothing.
    let stage = stage.restart().await;
    let id = menu(&which).unwrap();
    let second_id = second.id().to_string();
    stage.ben.choose(&direct, which.id, &id, &[second_id.as_str()]).unwrap();
    stage.discord.gateway().repeat_last("INTERACTION_CREATE");
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.guild_id, Some(second.id().get().into()));
    assert_eq!(scope(&query), ids(&[&yard]));
    assert_eq!(query.query_id.0, format!("discord-message-{asked}"));
    assert_eq!(query.reply.placeholder_id, Some(which.id.get().into()));
    stage.publish(answer(&query, "In the yard [1].")).await;
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("In the yard")).await;
    assert_eq!((shown.id, menu(&shown)), (which.id, None));

    // Heard once more, the question does not become a menu again.
    direct.redeliver(asked);
    stage.ben.reply(&direct, shown.id, "since when?").unwrap();
    assert_eq!(stage.query("since when?").await.guild_id, Some(second.id().get().into()));
    let again = shown.buttons().into_iter().find(|id| id.starts_with("r1:m:")).unwrap();
    stage.ben.click(&direct, shown.id, &again).unwrap();
    let again = until("the question anew", || {
        stage.queries().into_iter().find(|query| query.query_id.0.starts_with("discord-again-"))
    })
    .await;
    assert_eq!((again.guild_id.clone(), scope(&again)), (Some(second.id().get().into()), ids(&[&yard])));
    assert_eq!(stage.queries().len(), 3, "chosen once");
    assert_eq!(menu(&direct.message(shown.id).unwrap()), None, "{}", direct.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_a_direct_message_asks_which_server_too() {
    let stage = Stage::start().await;
    let second = stage.discord.guild("Yard", &stage.ana);
    stage.guild_heard(&second).await;
    second.join(&stage.ben, &[]);
    let direct = stage.ben.direct();
    for private in [false, true] {
        let question = format!("private {private}?");
        let options = [("question", json!(question)), ("private", json!(private)), ("since", json!("2026-03-01"))];
        let asked = stage.ben.slash(&direct, "ask", &options).unwrap();
        let which = asked.wait_for_response("a menu", |one| menu(one).is_some()).await;
        assert_eq!(which.is_ephemeral(), private);
        let first_id = stage.guild.id().to_string();
        stage.ben.choose(&direct, which.id, &menu(&which).unwrap(), &[first_id.as_str()]).unwrap();
        let query = stage.query(&question).await;
        assert_eq!(
            (query.guild_id.clone(), scope(&query)),
            (Some(stage.guild.id().get().into()), ids(&[&stage.general]))
        );
        assert!(query.since.is_some());
        stage.publish(answer(&query, "At the pier [1].")).await;
        let shown = |one: &Message| one.id == which.id && one.content.contains("At the pier");
        let shown = direct.wait_for_message("the answer", shown).await;
        assert!(shown.content.starts_with(&format!("> {question}\n-# only since <t:")), "{}", shown.content);
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_server_in_common_or_no_membership_any_more_it_is_said() {
    let stage = Stage::start().await;
    let stranger = stage.discord.user("stranger");
    let direct = stranger.direct();
    stranger.say(&direct, "where is the crane?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("not on any server together")).await;

    let direct = stage.ben.direct();
    stage.ben.say(&direct, "where?").unwrap();
    let query = stage.query("where?").await;
    stage.publish(answer(&query, "At the pier [1].")).await;
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("At the pier")).await;
    stage.guild.remove(&stage.ben);
    stage.ben.reply(&direct, shown.id, "and now?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("could not find you on that server")).await;

    // What cannot be found out is no.
    stage.discord.fault("GET", "/guilds/*/members/*", 1, Fault::status(503));
    let carl = stage.discord.user("carl");
    stage.guild.join(&carl, &[]);
    let direct = carl.direct();
    carl.say(&direct, "and for carl?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("not on any server together")).await;
    assert_eq!(stage.queries().len(), 1);
    carl.say(&direct, "and now for carl?").unwrap();
    stage.query("and now for carl?").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_server_is_asked_once_in_some_minutes_and_their_roles_each_time() {
    let stage = Stage::start().await;
    let direct = stage.ben.direct();
    let path = format!("/guilds/{}/members/{}", stage.guild.id(), stage.ben.id());
    let asked = || stage.discord.requests().iter().filter(|request| request.path.ends_with(&path)).count();
    for (question, so_far) in [("one?", 2), ("two?", 3), ("three?", 4)] {
        stage.ben.say(&direct, question).unwrap();
        stage.query(question).await;
        assert_eq!(asked(), so_far, "{question}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_server_is_not_heard_nothing_is_answered_from_it() {
    let discord = two_shards().start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    // Direct messages come over the first shard; this server is the second one's.
    let guild = guild_on(&discord, 1, &ana);
    guild.join(&ben, &[]);
    let general = guild.text_channel("general");
    let bus = bus();
    let stop = CancellationToken::new();
    let config = quick(BotConfig::new(discord.token()).with_client(discord.http_client()));
    let running = launch(Bot::new(config, Arc::new(bus.clone())), &stop).0;
    connected(&discord, &[(0, 2), (1, 2)]).await;
    is_noted(&bus, guild.id(), true).await;
    let direct = ben.direct();
    let queries = || bus.records(topics::QUERIES).len();
    ben.say(&direct, "one?").unwrap();
    until("the question", || (queries() == 1).then_some(())).await;

    discord.gateway().fail_connections(Some(ConnectionFault::Refuse));
    discord.gateway().reset();
    discord.gateway().forget_sessions();
    until("both shards to be lost", || discord.gateway().shards().is_empty().then_some(())).await;
    // Its channels are closed to ben while only the first shard is back.
    general.make_private(&[]);
    discord.gateway().withhold_shard(Some(1));
    discord.gateway().fail_connections(None);
    connected(&discord, &[(0, 2)]).await;
    ben.say(&direct, "two?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("lost my connection to that server")).await;
    assert_eq!(queries(), 1);

    discord.gateway().withhold_shard(None);
    connected(&discord, &[(0, 2), (1, 2)]).await;
    let asked = async {
        for n in 0.. {
            ben.say(&direct, &format!("again {n}?")).unwrap();
            let told = |one: &Message| one.content.contains("lost my connection");
            let before = direct.messages().into_iter().filter(told).count();
            let more = || {
                let is_told = direct.messages().into_iter().filter(told).count() > before;
                (is_told || queries() > 1).then_some(())
            };
            until("an answer of some kind", more).await;
            if queries() > 1 {
                break;
            }
        }
    };
    within("the server to be heard again", asked).await;
    let query: Query = Envelope::decode(bus.records(topics::QUERIES).last().unwrap()).unwrap().event;
    assert_eq!(scope(&query), [], "as it is now");
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_serves_some_shards_says_that_it_knows_some_servers_only() {
    let discord = two_shards().start().await;
    let (ana, ben, carl) = (discord.user("ana"), discord.user("ben"), discord.user("carl"));
    let (here_guild, elsewhere) = (guild_on(&discord, 0, &ana), channel_on(&discord, 1, &ana, &carl));
    here_guild.join(&ben, &[]);
    let here = here_guild.text_channel("general");
    let (bus, stop) = (bus(), CancellationToken::new());
    let config = quick(BotConfig::new(discord.token()).with_client(discord.http_client()));
    let bot = Bot::new(BotConfig { shards: shard("0", "2"), ..config }, Arc::new(bus.clone()));
    let running = launch(bot, &stop).0;
    connected(&discord, &[(0, 2)]).await;
    is_noted(&bus, here_guild.id(), true).await;
    let direct = carl.direct();
    carl.say(&direct, "where is the crane?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("I can answer about some of my servers only")).await;

    let direct = ben.direct();
    ben.say(&direct, "where is the crane?").unwrap();
    let query = || bus.records(topics::QUERIES).first().map(|record| Envelope::decode(record).unwrap().event);
    let query: Query = until("the question", query).await;
    assert_eq!(scope(&query), ids(&[&here]));
    bus.publish(Envelope::new(answer(&query, "At the pier [1]."), "rtfm/test").encode().unwrap()).await.unwrap();
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("At the pier")).await;
    assert!(
        shown.content.contains("-# In direct messages I can answer about some of my servers only"),
        "{}",
        shown.content
    );
    assert!(!scope(&query).contains(&elsewhere.id().get().into()));
    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    discord.finish();
}
