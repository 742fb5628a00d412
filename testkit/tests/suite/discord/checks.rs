//! The fake fails the test when it must, and only then.

use rtfm_testkit::discord::FakeDiscord;
use serde_json::{Value, json};

use crate::discord::rest::call;

/// What a fake that ends now would say.
async fn failures_after(method: &str, path: &str, body: Value) -> Vec<String> {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    call(&discord, method, &path.replace("CHANNEL", &general.id().to_string()), body).await;
    discord.take_failures()
}

#[tokio::test]
async fn an_unknown_route_fails_the_test() {
    let failures = failures_after("GET", "/no/such/route", Value::Null).await;
    assert!(failures[0].contains("unknown route: GET /no/such/route"), "{failures:?}");
}

#[tokio::test]
async fn a_refusal_fails_the_test_unless_it_is_tolerated() {
    let discord = FakeDiscord::start().await;
    let url = "https://discord.com/api/v10/users/@me";
    let ask = || discord.http_client().get(url).header("authorization", "Bot wrong").send();
    assert_eq!(ask().await.unwrap().status(), 401);
    assert!(discord.take_failures()[0].contains("answered 401"));
    discord.tolerate(401);
    ask().await.unwrap();
    assert!(discord.take_failures().is_empty());
}

#[tokio::test]
async fn a_body_that_breaks_the_schema_fails_the_test() {
    let discord = FakeDiscord::start().await;
    if !discord.checks_schema() {
        println!("skipped: Discord's OpenAPI document is not on this machine");
        return;
    }
    let failures = failures_after("POST", "/channels/CHANNEL/messages", json!({"content": "x", "embeds": "y"})).await;
    assert!(failures[0].contains("breaks the schema"), "{failures:?}");
    let failures = failures_after("POST", "/channels/CHANNEL/messages", json!({"content": "x"})).await;
    assert_eq!(failures, Vec::<String>::new());
}

#[tokio::test]
#[should_panic(expected = "unknown route")]
async fn dropping_the_fake_fails_the_test() {
    let discord = FakeDiscord::start().await;
    call(&discord, "GET", "/no/such/route", Value::Null).await;
    discord.finish();
}

#[tokio::test]
async fn a_timed_out_wait_prints_everything() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    ana.say(&general, "hello").unwrap();
    call(&discord, "GET", "/gateway", Value::Null).await;
    let dump = discord.dump();
    assert!(dump.contains("GET /gateway → 200") && dump.contains("ana: hello"), "{dump}");
}
