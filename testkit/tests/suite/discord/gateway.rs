//! Sessions: login refused, resumed, invalidated.

use rtfm_testkit::discord::FakeDiscord;
use serenity::all::*;

use crate::discord::client::Bot;

/// Whether the client ended by itself, and how.
async fn end(bot: &mut Bot) -> String {
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), &mut bot.running).await.unwrap();
    format!("{:?}", ended.unwrap())
}

#[tokio::test]
async fn a_wrong_token_is_refused_with_4004() {
    let discord = FakeDiscord::start().await;
    let http = HttpBuilder::new("wrong").client(discord.http_client()).build();
    let mut client = ClientBuilder::new_with_http(http, GatewayIntents::all()).await.unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), client.start()).await.unwrap();
    assert!(format!("{ended:?}").contains("InvalidAuthentication"), "{ended:?}");
    assert_eq!(discord.gateway().identifies(), 1);
    assert_eq!(discord.gateway().connected(), 0);
}

#[tokio::test]
async fn an_intent_the_portal_does_not_allow_is_refused_with_4014() {
    let discord = FakeDiscord::builder().without_message_content().start().await;
    let mut bot = Bot::start(&discord, GatewayIntents::all()).await;
    assert!(end(&mut bot).await.contains("DisallowedGatewayIntents"));
}

#[tokio::test]
async fn an_intent_that_does_not_exist_is_refused_with_4013() {
    let discord = FakeDiscord::start().await;
    let mut bot = Bot::start(&discord, GatewayIntents::from_bits_retain(1 << 40)).await;
    assert!(end(&mut bot).await.contains("InvalidGatewayIntents"));
}

#[tokio::test]
async fn after_op_7_the_session_is_resumed_and_nothing_is_lost() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    discord.gateway().reconnect();
    // Whenever it comes, before the reconnection, during it or after it: it is heard of, once.
    let ids: Vec<MessageId> = (0..50).map(|n| ana.say(&general, &format!("message {n}")).unwrap()).collect();
    bot.wait("the resumption", |bot| bot.heard.find(|event| matches!(event, FullEvent::Resume { .. }).then_some(())))
        .await;
    let heard = bot.wait("all messages", |bot| Some(bot.heard.messages()).filter(|heard| heard.len() >= 50)).await;
    let mut heard: Vec<MessageId> = heard.iter().map(|message| message.id).collect();
    heard.sort();
    assert_eq!(heard, ids);
    assert_eq!((discord.gateway().identifies(), discord.gateway().resumes()), (1, 1));
}

#[tokio::test]
async fn a_lost_session_is_replaced_by_a_new_one() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    discord.gateway().invalidate(false);
    let again = discord.wait_for("a second identify", || (discord.gateway().identifies() == 2).then_some(()));
    again.await;
    discord.gateway().wait_connected().await;
    let heard = ana.say(&general, "after all").unwrap();
    bot.wait("the message", |bot| bot.heard.messages().iter().find(|message| message.id == heard).map(|_| ())).await;
}
