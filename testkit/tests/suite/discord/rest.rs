//! The REST API without a client library: limits and errors as Discord has them.

use std::time::Duration;

use rtfm_testkit::discord::{FakeDiscord, Fault};
use serde_json::{Value, json};
use serenity::all::{ChannelId, Permissions};

/// A request as the bot, and what came back.
pub(crate) async fn call(discord: &FakeDiscord, method: &str, path: &str, body: Value) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let url = format!("https://discord.com/api/v10{path}");
    let mut request = discord.http_client().request(method, url);
    request = request.header("authorization", format!("Bot {}", discord.token()));
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

/// The error code of an answer.
pub(crate) fn code(answer: &(u16, Value)) -> (u16, u64) {
    (answer.0, answer.1["code"].as_u64().unwrap_or_default())
}

#[tokio::test]
async fn a_message_out_of_bounds_is_refused() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let path = format!("/channels/{}/messages", general.id());
    let post = |body| call(&discord, "POST", &path, body);

    let long = post(json!({"content": "x".repeat(2001)})).await;
    assert_eq!(code(&long), (400, 50035));
    assert_eq!(long.1["errors"]["content"]["_errors"][0]["code"], "BASE_TYPE_MAX_LENGTH");
    assert_eq!(post(json!({"content": "ü".repeat(2000)})).await.0, 200, "characters count, not bytes");
    assert_eq!(code(&post(json!({"content": "  \n "})).await), (400, 50006));
    assert_eq!(
        code(&post(json!({"embeds": [{"description": "x".repeat(4000)}, {"description": "x".repeat(2001)}]})).await),
        (400, 50035)
    );
    assert_eq!(code(&post(json!({"content": "x", "message_reference": {"message_id": "7"}})).await), (400, 50035));
    let lenient = json!({"content": "x", "message_reference": {"message_id": "7", "fail_if_not_exists": false}});
    assert_eq!(post(lenient).await.0, 200);
    let nowhere = format!("/channels/{}/messages", ChannelId::new(7));
    assert_eq!(code(&call(&discord, "POST", &nowhere, json!({"content": "x"})).await), (404, 10003));
    discord.take_failures();
}

#[tokio::test]
async fn messages_of_others_cannot_be_edited_and_unknown_ones_not_found() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let hers = ana.say(&general, "mine").unwrap();
    let path = format!("/channels/{}/messages", general.id());
    discord.tolerate(403);
    assert_eq!(code(&call(&discord, "PATCH", &format!("{path}/{hers}"), json!({"content": "y"})).await), (403, 50005));
    assert_eq!(code(&call(&discord, "DELETE", &format!("{path}/{hers}"), Value::Null).await), (403, 50013));
    assert_eq!(code(&call(&discord, "GET", &format!("{path}/7"), Value::Null).await), (404, 10008));
    assert_eq!(code(&call(&discord, "PATCH", &format!("{path}/7"), json!({"content": "y"})).await), (404, 10008));
    assert_eq!(general.message(hers).unwrap().content, "mine");
}

#[tokio::test]
async fn the_bot_is_held_to_its_permissions() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let (secret, quiet) = (guild.text_channel("secret"), guild.text_channel("quiet"));
    secret.make_private(&[]);
    quiet.overwrite_role(
        guild.bot_role(),
        Permissions::empty(),
        Permissions::SEND_MESSAGES | Permissions::READ_MESSAGE_HISTORY,
    );
    ana.say(&quiet, "read this").unwrap();
    discord.tolerate(403);
    let messages = |id: ChannelId| format!("/channels/{id}/messages");
    let say = json!({"content": "x"});
    assert_eq!(code(&call(&discord, "POST", &messages(secret.id()), say.clone()).await), (403, 50001));
    assert_eq!(code(&call(&discord, "GET", &messages(secret.id()), Value::Null).await), (403, 50001));
    assert_eq!(code(&call(&discord, "GET", &format!("/channels/{}", secret.id()), Value::Null).await), (403, 50001));
    assert_eq!(code(&call(&discord, "POST", &messages(quiet.id()), say).await), (403, 50013));
    assert_eq!(
        call(&discord, "GET", &messages(quiet.id()), Value::Null).await,
        (200, json!([])),
        "no history, no error"
    );
}

#[tokio::test]
async fn history_comes_in_pages() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    for n in 0..130_u64 {
        ana.said(&general, &format!("message {n}"), Duration::from_secs(10_000 - n)).unwrap();
    }
    let path = format!("/channels/{}/messages", general.id());
    let (_, first) = call(&discord, "GET", &format!("{path}?limit=100"), Value::Null).await;
    assert_eq!(first[0]["content"], "message 129");
    let oldest = first[99]["id"].as_str().unwrap().to_owned();
    let (_, second) = call(&discord, "GET", &format!("{path}?limit=100&before={oldest}"), Value::Null).await;
    assert_eq!(second.as_array().unwrap().len(), 30);
    assert_eq!(second[29]["content"], "message 0");
    assert_eq!(call(&discord, "GET", &format!("{path}?limit=101"), Value::Null).await.0, 400);
}

#[tokio::test]
async fn the_rest_of_the_world_can_be_read() {
    let discord = FakeDiscord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    let get = async |path: String| call(&discord, "GET", &path, Value::Null).await;
    let home = format!("/guilds/{}", guild.id());
    assert_eq!(get("/users/@me".into()).await.1["id"], discord.bot().id().to_string());
    assert_eq!(get(format!("/users/{}", ana.id())).await.1["username"], "ana");
    assert_eq!(get(home.clone()).await.1["name"], "Harbour");
    assert_eq!(get(format!("{home}/channels")).await.1[0]["id"], general.id().to_string());
    assert_eq!(get(format!("{home}/roles")).await.1[0]["name"], "@everyone");
    assert_eq!(get(format!("{home}/members/{}", ana.id())).await.1["user"]["username"], "ana");
    assert_eq!(code(&get(format!("{home}/members/{}", ben.id())).await), (404, 10007));
    assert_eq!(get(format!("{home}/members?limit=10")).await.1.as_array().unwrap().len(), 2);
    assert_eq!(get("/users/@me/guilds".into()).await.1[0]["id"], guild.id().to_string());
    assert_eq!(get(format!("/channels/{}", general.id())).await.1["name"], "general");
    assert!(get("/gateway/bot".into()).await.1["url"].as_str().unwrap().starts_with("ws://127.0.0.1:"));
    let foreign = discord.guild_without_bot("Elsewhere", &ben);
    assert_eq!(code(&get(format!("/guilds/{}", foreign.id())).await), (404, 10004));

    let direct = call(&discord, "POST", "/users/@me/channels", json!({"recipient_id": ana.id()})).await.1;
    assert_eq!(direct["id"], ana.direct().id().to_string());
    assert_eq!(call(&discord, "POST", &format!("/channels/{}/typing", general.id()), Value::Null).await.0, 204);
    assert_eq!(general.typing_count(), 1);
}

#[tokio::test]
async fn bulk_delete_has_its_limits() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    guild.set_role_permissions(guild.bot_role(), Permissions::ADMINISTRATOR);
    let old = ana.said(&general, "old", Duration::from_secs(15 * 86_400)).unwrap();
    let (one, two) = (ana.say(&general, "1").unwrap(), ana.say(&general, "2").unwrap());
    let path = format!("/channels/{}/messages/bulk-delete", general.id());
    assert_eq!(code(&call(&discord, "POST", &path, json!({"messages": [one, old]})).await), (400, 50034));
    assert_eq!(call(&discord, "POST", &path, json!({"messages": [one, two]})).await.0, 204);
    assert_eq!(general.messages().len(), 1);
}

#[tokio::test]
async fn faults_come_as_ordered() {
    let discord = FakeDiscord::start().await;
    let client = discord.http_client();
    let get = || client.get("https://discord.com/api/v10/gateway").send();
    discord.fault("GET", "/gateway", 1, Fault::status(502).text("<html>bad gateway</html>"));
    discord.fault("GET", "/gateway", 1, Fault::reset());
    discord.fault("GET", "/gateway", 1, Fault::hang());
    discord.fault("GET", "/gateway", 1, Fault::delay(Duration::from_millis(1)));
    let broken = get().await.unwrap();
    assert_eq!((broken.status().as_u16(), broken.text().await.unwrap().as_str()), (502, "<html>bad gateway</html>"));
    let reset = get().await.unwrap_err();
    assert!(!reset.is_timeout() && !reset.is_status(), "{reset:?}");
    let hung = client.get("https://discord.com/api/v10/gateway").timeout(Duration::from_millis(50)).send().await;
    assert!(hung.unwrap_err().is_timeout());
    assert_eq!(get().await.unwrap().status(), 200);
    assert_eq!(discord.requests().iter().filter(|request| request.fault).count(), 4);
}
