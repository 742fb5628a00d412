//! Every fault of a gateway connection, seen without a client library.

use super::harbour;
use std::io::Read as _;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use rtfm_testkit::discord::{ConnectionFault, FakeDiscord};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn connect(discord: &FakeDiscord) -> Result<Socket, Error> {
    let answer = discord.http_client().get("https://discord.com/api/v10/gateway").send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let url = format!("{}/?v=10&encoding=json", answer["url"].as_str().unwrap());
    tokio_tungstenite::connect_async(url).await.map(|(socket, _)| socket)
}

pub(crate) async fn next(socket: &mut Socket) -> Option<Result<Message, Error>> {
    tokio::time::timeout(Duration::from_secs(30), socket.next()).await.expect("something comes")
}

pub(crate) async fn read(socket: &mut Socket) -> Value {
    match next(socket).await.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        Message::Binary(bytes) => {
            let mut text = String::new();
            flate2::read::ZlibDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
            serde_json::from_str(&text).unwrap()
        }
        other => panic!("{other:?} is no payload"),
    }
}

pub(crate) async fn send(socket: &mut Socket, payload: Value) {
    socket.send(Message::text(payload.to_string())).await.unwrap();
}

fn identify(discord: &FakeDiscord, compress: bool) -> Value {
    json!({"op": 2, "d": {"token": discord.token(), "intents": 33281, "properties": {}, "compress": compress}})
}

/// A socket that is logged in, with what came after READY still to be read.
pub(crate) async fn logged_in(discord: &FakeDiscord) -> (Socket, Value) {
    let mut socket = connect(discord).await.unwrap();
    assert_eq!(read(&mut socket).await["op"], 10);
    send(&mut socket, identify(discord, false)).await;
    let ready = read(&mut socket).await;
    assert_eq!((ready["t"].as_str(), ready["s"].as_u64()), (Some("READY"), Some(1)));
    (socket, ready)
}

pub(crate) async fn close_code(socket: &mut Socket) -> Option<u16> {
    loop {
        match next(socket).await {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            other => panic!("{other:?} instead of a close frame"),
        }
    }
}

#[tokio::test]
async fn frames_are_compressed_on_request() {
    let discord = FakeDiscord::start().await;
    let mut socket = connect(&discord).await.unwrap();
    read(&mut socket).await;
    send(&mut socket, identify(&discord, true)).await;
    assert!(matches!(next(&mut socket).await, Some(Ok(Message::Binary(_)))));
    send(&mut socket, json!({"op": 1, "d": 1})).await;
    assert_eq!(read(&mut socket).await["op"], 11);
}

#[tokio::test]
async fn misbehaviour_is_closed_with_its_code() {
    let discord = FakeDiscord::start().await;
    let first = |payload: Value| {
        let discord = &discord;
        async move {
            let mut socket = connect(discord).await.unwrap();
            send(&mut socket, payload).await;
            close_code(&mut socket).await
        }
    };
    assert_eq!(first(json!({"op": 3, "d": {}})).await, Some(4003));
    assert_eq!(first(json!({"op": 77, "d": {}})).await, Some(4001));
    assert_eq!(first(json!("no payload")).await, Some(4001));
    let (mut socket, _) = logged_in(&discord).await;
    send(&mut socket, identify(&discord, false)).await;
    assert_eq!(close_code(&mut socket).await, Some(4005));
    let (mut socket, _) = logged_in(&discord).await;
    for _ in 0..121 {
        send(&mut socket, json!({"op": 1, "d": null})).await;
    }
    assert_eq!(close_code(&mut socket).await, Some(4008));
}

#[tokio::test]
async fn resume_replays_what_was_missed() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let (mut socket, ready) = logged_in(&discord).await;
    assert_eq!(read(&mut socket).await["t"], "GUILD_CREATE");
    drop(socket);
    discord.wait_for("the connection to be gone", || (discord.gateway().connected() == 0).then_some(())).await;
    ana.say(&general, "meanwhile").unwrap();
    let resume = |seq: u64| json!({"op": 6, "d": {"token": discord.token(), "session_id": ready["d"]["session_id"], "seq": seq}});

    let mut socket = connect(&discord).await.unwrap();
    send(&mut socket, resume(2)).await;
    assert_eq!(read(&mut socket).await["op"], 10);
    let replayed = read(&mut socket).await;
    assert_eq!((replayed["t"].as_str(), replayed["s"].as_u64()), (Some("MESSAGE_CREATE"), Some(3)));
    assert_eq!(read(&mut socket).await["t"], "RESUMED");

    let mut socket = connect(&discord).await.unwrap();
    send(&mut socket, resume(99)).await;
    assert_eq!(close_code(&mut socket).await, Some(4007));
    discord.gateway().forget_sessions();
    let mut socket = connect(&discord).await.unwrap();
    send(&mut socket, resume(2)).await;
    assert_eq!(read(&mut socket).await["op"], 10);
    assert_eq!(read(&mut socket).await, json!({"op": 9, "s": null, "t": null, "d": false}));
}

#[tokio::test]
async fn connections_end_in_every_way() {
    let discord = FakeDiscord::start().await;
    let gateway = discord.gateway();
    let (mut socket, _) = logged_in(&discord).await;
    gateway.close(4000);
    assert_eq!(close_code(&mut socket).await, Some(4000));
    let (mut socket, _) = logged_in(&discord).await;
    gateway.close_without_code();
    assert_eq!(close_code(&mut socket).await, None);
    let (mut socket, _) = logged_in(&discord).await;
    gateway.reset();
    let ended = next(&mut socket).await;
    assert!(
        matches!(&ended, Some(Err(Error::Io(error))) if error.kind() == std::io::ErrorKind::ConnectionReset),
        "{ended:?}"
    );
    let (mut socket, _) = logged_in(&discord).await;
    gateway.hang_up();
    assert!(matches!(next(&mut socket).await, None | Some(Err(_))));
}

#[tokio::test]
async fn connections_fail_from_the_start() {
    let discord = FakeDiscord::start().await;
    let gateway = discord.gateway();
    gateway.fail_next_connection(ConnectionFault::Refuse);
    assert!(connect(&discord).await.is_err());
    gateway.fail_next_connection(ConnectionFault::DropAfterUpgrade);
    let mut socket = connect(&discord).await.unwrap();
    assert!(matches!(next(&mut socket).await, None | Some(Err(_))));
    gateway.fail_next_connection(ConnectionFault::NoHello);
    let mut socket = connect(&discord).await.unwrap();
    send(&mut socket, json!({"op": 1, "d": null})).await;
    assert_eq!(read(&mut socket).await["op"], 11, "the acknowledgement is the first that comes");
    gateway.fail_next_connection(ConnectionFault::NoAcknowledgement);
    let (mut socket, _) = logged_in(&discord).await;
    send(&mut socket, json!({"op": 1, "d": null})).await;
    discord.wait_for("both heartbeats", || (gateway.heartbeats() == 2).then_some(())).await;
    gateway.reconnect();
    assert_eq!(read(&mut socket).await["op"], 7, "no acknowledgement came before it");
}

#[tokio::test]
async fn events_come_twice_or_broken_on_demand() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let (mut socket, _) = logged_in(&discord).await;
    read(&mut socket).await;
    ana.say(&general, "once").unwrap();
    let first = read(&mut socket).await;
    discord.gateway().repeat_last("MESSAGE_CREATE");
    let second = read(&mut socket).await;
    assert_eq!(first["d"], second["d"]);
    discord.gateway().send_malformed("MESSAGE_CREATE");
    assert_eq!(read(&mut socket).await["d"]["id"], "not a snowflake");
    discord.gateway().send_raw("{");
    assert_eq!(next(&mut socket).await.unwrap().unwrap(), Message::Text("{".into()));
}

#[tokio::test]
async fn events_are_filtered_by_intent_and_visibility() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let (general, secret) = (guild.text_channel("general"), guild.text_channel("secret"));
    secret.make_private(&[]);
    let (mut socket, _) = logged_in(&discord).await; // GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT
    assert_eq!(read(&mut socket).await["t"], "GUILD_CREATE");
    ana.say(&secret, "unseen").unwrap();
    ana.say(&ana.direct(), "no intent for direct messages").unwrap();
    let message = ana.say(&general, "seen").unwrap();
    ana.react(&general, message, "👍").unwrap();
    ana.delete(&general, message).unwrap();
    assert_eq!(read(&mut socket).await["d"]["content"], "seen");
    assert_eq!(read(&mut socket).await["t"], "MESSAGE_DELETE");
}

#[tokio::test]
async fn members_are_sent_on_request() {
    let (discord, guild, _, ben) = harbour().await;
    let mut socket = connect(&discord).await.unwrap();
    read(&mut socket).await;
    let intents = 1 | 2;
    send(&mut socket, json!({"op": 2, "d": {"token": discord.token(), "intents": intents, "properties": {}}})).await;
    read(&mut socket).await;
    let members = read(&mut socket).await["d"]["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 1, "the bot alone");
    let ask = |by: Value| {
        let mut data = json!({"guild_id": guild.id(), "nonce": "n"});
        data.as_object_mut().unwrap().extend(by.as_object().unwrap().clone());
        json!({"op": 8, "d": data})
    };
    send(&mut socket, ask(json!({"query": "", "limit": 0}))).await;
    let chunk = read(&mut socket).await;
    assert_eq!((chunk["t"].as_str(), chunk["d"]["nonce"].as_str()), (Some("GUILD_MEMBERS_CHUNK"), Some("n")));
    assert_eq!(chunk["d"]["members"].as_array().unwrap().len(), 3);
    send(&mut socket, ask(json!({"query": "be", "limit": 5}))).await;
    assert_eq!(read(&mut socket).await["d"]["members"][0]["user"]["username"], "ben");
    send(&mut socket, ask(json!({"user_ids": [ben.id(), "7"], "limit": 0}))).await;
    let chunk = read(&mut socket).await;
    assert_eq!((chunk["d"]["members"].as_array().unwrap().len(), chunk["d"]["not_found"][0].as_str()), (1, Some("7")));
}
