//! Threads: how they start, and which clients receive them.

use rtfm_testkit::discord::FakeDiscord;
use serde_json::{Value, json};
use serenity::all::{FullEvent, Permissions};

use super::harbour;
use crate::discord::client::Bot;
use crate::discord::rest::{call, code};

#[tokio::test]
async fn a_thread_has_the_id_of_its_message_and_starts_once() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    let opener = ana.say(&general, "let us talk").unwrap();
    let path = format!("/channels/{}/messages/{opener}/threads", general.id());
    let (status, thread) = call(&discord, "POST", &path, json!({"name": "talk"})).await;
    assert_eq!((status, thread["id"].clone()), (201, json!(opener)));
    assert_eq!(code(&call(&discord, "POST", &path, json!({"name": "talk"})).await), (400, 160_004));
    let (_, active) = call(&discord, "GET", &format!("/guilds/{}/threads/active", guild.id()), Value::Null).await;
    assert_eq!(active["threads"][0]["name"], "talk");
    assert!(general.view().contains("└ thread: talk"));
    let path = format!("/channels/{}/threads", general.id());
    assert_eq!(call(&discord, "POST", &path, json!({"name": "x", "type": 11})).await.0, 201);
}

#[tokio::test]
async fn a_private_thread_is_for_those_inside() {
    let (discord, guild, ana, ben) = harbour().await;
    let general = guild.text_channel("general");
    let bot = Bot::login(&discord).await;
    let thread = ben.start_private_thread(&general, "whisper").unwrap();
    ben.say(&thread, "unheard").unwrap();
    assert!(!discord.bot().can(&thread, Permissions::VIEW_CHANNEL));
    assert!(ana.can(&thread, Permissions::VIEW_CHANNEL), "the owner manages threads");
    thread.add_member(&discord.bot());
    let heard = ben.say(&thread, "heard").unwrap();
    bot.wait("the message", |bot| bot.heard.messages().iter().find(|message| message.id == heard).map(|_| ())).await;
    assert_eq!(bot.heard.messages().len(), 1);
    assert!(bot.cache.guild(guild.id()).unwrap().threads.iter().any(|known| known.id == thread.id()));
    thread.remove_member(&discord.bot());
    assert!(!discord.bot().can(&thread, Permissions::VIEW_CHANNEL));
}

#[tokio::test]
async fn gaining_a_channel_brings_its_threads() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let secret = guild.text_channel("secret");
    secret.make_private(&[]);
    let opener = ana.say(&secret, "hidden").unwrap();
    let thread = ana.start_thread(&secret, opener, "deeper").unwrap();
    let bot = Bot::login(&discord).await;
    assert!(bot.cache.guild(guild.id()).unwrap().threads.is_empty());
    secret.overwrite_role(guild.bot_role(), Permissions::VIEW_CHANNEL, Permissions::empty());
    // serenity hands this event on, but its cache takes no notice of it.
    let synced = bot.wait("the thread", |bot| {
        bot.heard.find(|event| match event {
            FullEvent::ThreadListSync { thread_list_sync } => Some(thread_list_sync.clone()),
            _ => None,
        })
    });
    assert_eq!(synced.await.threads[0].id, thread.id());
    thread.set_archived(true);
    thread.delete();
    let deleted = |event: &FullEvent| matches!(event, FullEvent::ThreadDelete { .. }).then_some(());
    bot.wait("the thread to be gone", |bot| bot.heard.find(deleted)).await;
}
