//! Shards, outages and stalls of the gateway, seen without a client library.

use std::time::Duration;

use rtfm_testkit::discord::{ConnectionFault, FakeDiscord};
use serde_json::{Value, json};
use serenity::all::GuildId;

use crate::discord::gateway_faults::{Socket, close_code, connect, logged_in, read, send};

async fn gateway_bot(discord: &FakeDiscord) -> Value {
    let url = "https://discord.com/api/v10/gateway/bot";
    let request = discord.http_client().get(url).header("authorization", format!("Bot {}", discord.token()));
    request.send().await.unwrap().json().await.unwrap()
}

async fn identify(discord: &FakeDiscord, shard: [u64; 2]) -> Socket {
    let mut socket = connect(discord).await.unwrap();
    assert_eq!(read(&mut socket).await["op"], 10);
    let intents = 1 | 1 << 9 | 1 << 12 | 1 << 15; // GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT
    let data = json!({"token": discord.token(), "intents": intents, "properties": {}, "shard": shard});
    send(&mut socket, json!({"op": 2, "d": data})).await;
    socket
}

fn shard_of(guild: GuildId) -> u64 {
    (guild.get() >> 22) % 2
}

#[tokio::test]
async fn a_shard_receives_its_own_guilds_and_the_first_one_direct_messages() {
    let discord = FakeDiscord::builder().shards(2).start().await;
    assert_eq!(gateway_bot(&discord).await["shards"], 2);
    let ana = discord.user("ana");
    let mut guilds = vec![discord.guild("Harbour", &ana)];
    while guilds.iter().all(|guild| shard_of(guild.id()) == shard_of(guilds[0].id())) {
        discord.advance(Duration::from_millis(1));
        guilds.push(discord.guild("Island", &ana));
    }
    let mut sockets = [identify(&discord, [0, 2]).await, identify(&discord, [1, 2]).await];
    for (shard, socket) in (0..).zip(&mut sockets) {
        let ready = read(socket).await;
        assert_eq!(ready["d"]["shard"], json!([shard, 2]));
        let own: Vec<_> = guilds.iter().filter(|guild| shard_of(guild.id()) == shard).collect();
        assert_eq!(ready["d"]["guilds"].as_array().unwrap().len(), own.len());
        for _ in &own {
            assert_eq!(read(socket).await["t"], "GUILD_CREATE");
        }
        let channel = own[0].text_channel("general");
        assert_eq!(read(socket).await["t"], "CHANNEL_CREATE");
        ana.say(&channel, &format!("on {shard}")).unwrap();
        assert_eq!(read(socket).await["d"]["content"], format!("on {shard}"), "and nothing of the other's before");
    }
    ana.say(&ana.direct(), "in private").unwrap();
    assert_eq!(read(&mut sockets[0]).await["d"]["content"], "in private");
    assert_eq!(discord.gateway().shards(), [(0, 2), (1, 2)]);
    discord.gateway().demand_shards(3);
    assert_eq!(close_code(&mut sockets[1]).await, Some(4011), "and no direct message before");
    assert_eq!(close_code(&mut identify(&discord, [0, 2]).await).await, Some(4011));
    assert_eq!(close_code(&mut identify(&discord, [3, 3]).await).await, Some(4010));
    assert_eq!(read(&mut identify(&discord, [2, 3]).await).await["t"], "READY");
}

#[tokio::test]
async fn sessions_of_a_bucket_begin_one_after_the_other() {
    let hour = Duration::from_secs(3600);
    let discord = FakeDiscord::builder().identify_every(hour, 2).session_starts(7, hour).start().await;
    let limit = gateway_bot(&discord).await["session_start_limit"].clone();
    assert_eq!((limit["remaining"].as_u64(), limit["max_concurrency"].as_u64()), (Some(7), Some(2)));
    assert_eq!(limit["reset_after"], 3_600_000);
    assert_eq!(read(&mut identify(&discord, [0, 4]).await).await["t"], "READY");
    assert_eq!(read(&mut identify(&discord, [1, 4]).await).await["t"], "READY");
    let refused = read(&mut identify(&discord, [2, 4]).await).await;
    assert_eq!((refused["op"].as_u64(), refused["d"].as_bool()), (Some(9), Some(false)));
}

#[tokio::test]
async fn an_outage_lasts_until_repaired_and_a_stalled_connection_stays_open() {
    let discord = FakeDiscord::start().await;
    let gateway = discord.gateway();
    gateway.fail_connections(Some(ConnectionFault::Refuse));
    for _ in 0..3 {
        assert!(connect(&discord).await.is_err());
    }
    gateway.fail_connections(None);
    let (mut socket, _) = logged_in(&discord).await;
    gateway.stall();
    discord.wait_for("the stall", || (gateway.connected() == 0).then_some(())).await;
    send(&mut socket, json!({"op": 1, "d": null})).await;
    let more = tokio::time::timeout(Duration::from_millis(200), read(&mut socket)).await;
    assert!(more.is_err(), "it is silent: {more:?}");
    assert_eq!(gateway.heartbeats(), 0, "and deaf");
}
