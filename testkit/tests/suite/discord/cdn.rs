//! Files: sent by people and by the bot, fetched from the CDN while the link lives.

use rtfm_testkit::discord::FakeDiscord;
use serde_json::Value;
use serenity::all::{CreateAttachment, CreateMessage};

use crate::discord::client::Bot;
use crate::discord::rest::call;

#[tokio::test]
async fn a_file_travels_from_a_user_to_the_bot() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    ana.say_with_file(&general, "the plan", "plan.txt", "text/plain", "step one").unwrap();
    let heard = bot.wait("the message", |bot| bot.heard.messages().into_iter().next()).await;
    let file = &heard.attachments[0];
    assert_eq!((file.filename.as_str(), file.size, file.content_type.as_deref()), ("plan.txt", 8, Some("text/plain")));
    let client = discord.http_client();
    assert_eq!(client.get(&file.url).send().await.unwrap().text().await.unwrap(), "step one");
    discord.expire_links(true);
    assert_eq!(client.get(&file.url).send().await.unwrap().status(), 404);
    discord.expire_links(false);
    discord.advance(std::time::Duration::from_secs(2 * 86_400));
    assert_eq!(client.get(&file.url).send().await.unwrap().status(), 404, "links live a day");
}

#[tokio::test]
async fn the_bot_sends_a_file() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    let file = CreateAttachment::bytes(b"all of it".to_vec(), "answer.md");
    let message = CreateMessage::new().content("too long, see the file").add_file(file);
    let sent = general.id().send_message(&bot.http, message).await.unwrap();
    let shown = discord.message(sent.id).unwrap();
    assert_eq!(shown.attachments[0].filename, "answer.md");
    assert_eq!(&shown.attachments[0].bytes[..], b"all of it");
    assert!(general.view().contains("[file] answer.md (9 bytes)"));
    let path = format!("/channels/{}/messages/{}", general.id(), sent.id);
    let (_, message) = call(&discord, "GET", &path, Value::Null).await;
    assert_eq!(message["attachments"][0]["size"], 9);
}
