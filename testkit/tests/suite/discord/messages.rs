//! Messages in both directions.

use rtfm_testkit::discord::{FakeDiscord, Fault};
use serenity::all::*;
use std::time::Duration;

use crate::discord::client::Bot;

#[tokio::test]
async fn a_user_writes_and_the_bot_answers() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    let bot = Bot::login(&discord).await;

    let asked = ana.say(&general, "RTFM where is the crane?").unwrap();
    let heard = bot.wait("the message", |bot| bot.heard.messages().into_iter().find(|m| m.id == asked)).await;
    assert_eq!(heard.content, "RTFM where is the crane?");
    assert_eq!(heard.guild_id, Some(guild.id()));
    assert_eq!(heard.author.name, "ana");

    let none = CreateAllowedMentions::new();
    let reply = CreateMessage::new().content("looking…").reference_message(&heard).allowed_mentions(none.clone());
    let placed = general.id().send_message(&bot.http, reply).await.unwrap();
    assert_eq!(placed.referenced_message.as_ref().unwrap().id, asked);
    let edit = EditMessage::new().content("At pier 3.").allowed_mentions(none);
    general.id().edit_message(&bot.http, placed.id, edit).await.unwrap();

    let shown = discord.message(placed.id).unwrap();
    assert_eq!(shown.content, "At pier 3.");
    assert_eq!(shown.history, ["looking…"]);
    assert_eq!(shown.reply_to, Some(asked));
    assert!(shown.mentions.is_empty() && shown.is_edited());
    assert_eq!(
        discord.channel_view(&general),
        "── Harbour › #general\n  ana: RTFM where is the crane?\n  ┌ ana: RTFM where is the crane?\n  rtfm [BOT]: At pier 3. (edited)\n"
    );
    let update = bot.wait("its own edit", |bot| {
        bot.heard.find(|event| match event {
            FullEvent::MessageUpdate { event, .. } if event.id == placed.id => Some(event.clone()),
            _ => None,
        })
    });
    assert_eq!(update.await.content.as_deref(), Some("At pier 3."));

    general.id().delete_message(&bot.http, placed.id).await.unwrap();
    assert!(discord.message(placed.id).is_none());
}

#[tokio::test]
async fn edits_and_deletes_by_users_reach_the_bot() {
    let discord = FakeDiscord::start().await;
    let (ana, mona) = (discord.user("ana"), discord.user("mona"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&mona, &[guild.role("moderators", Permissions::MANAGE_MESSAGES)]);
    let general = guild.text_channel("general");
    let bot = Bot::login(&discord).await;

    let first = ana.say(&general, "one").unwrap();
    ana.edit(&general, first, "uno").unwrap();
    mona.react(&general, first, "👍").unwrap();
    mona.unreact(&general, first, "👍").unwrap();
    mona.type_in(&general).unwrap();
    let edited = bot.wait("the edit", |bot| {
        bot.heard.find(|event| match event {
            FullEvent::MessageUpdate { event, .. } => event.content.clone(),
            _ => None,
        })
    });
    assert_eq!(edited.await, "uno");
    mona.delete(&general, first).unwrap();
    bot.wait("the delete", |bot| {
        bot.heard.find(|event| {
            matches!(event, FullEvent::MessageDelete { deleted_message_id, .. } if *deleted_message_id == first)
                .then_some(())
        })
    })
    .await;
    let more = [ana.say(&general, "two").unwrap(), ana.say(&general, "three").unwrap()];
    mona.delete_bulk(&general, &more).unwrap();
    assert!(general.messages().is_empty());
}

#[tokio::test]
async fn a_nonce_keeps_a_retry_from_posting_twice() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    discord.fault("POST", "/channels/*/messages", 1, Fault::lose_reply());

    let message = || CreateMessage::new().content("once").nonce(Nonce::String("n-1".to_owned())).enforce_nonce(true);
    general.id().send_message(&bot.http, message()).await.unwrap_err();
    let again = general.id().send_message(&bot.http, message()).await.unwrap();
    assert_eq!(general.messages().len(), 1);
    assert_eq!(general.messages()[0].id, again.id);
}

#[tokio::test]
async fn serenity_waits_out_a_rate_limit() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    discord.fault("POST", "/channels/*/messages", 1, Fault::rate_limited(1.0, false));
    general.id().say(&bot.http, "through").await.unwrap();
    let statuses: Vec<u16> = discord
        .requests()
        .iter()
        .filter(|request| request.is("POST", "/messages"))
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [429, 200]);
}

#[tokio::test]
async fn pages_of_messages_have_a_limit_of_their_own() {
    let discord = FakeDiscord::start().await;
    discord.tolerate(429);
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let url = format!("https://discord.com/api/v10/channels/{}/messages", general.id());
    let client = discord.http_client();
    let authorized =
        |request: reqwest::RequestBuilder| request.header("authorization", format!("Bot {}", discord.token()));
    let header = |page: &reqwest::Response, name: &str| page.headers()[name].to_str().unwrap().to_owned();
    for left in (0..5).rev() {
        let page = authorized(client.get(&url)).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert_eq!(header(&page, "x-ratelimit-remaining"), left.to_string());
    }
    let page = authorized(client.get(&url)).send().await.unwrap();
    assert_eq!(page.status(), 429);
    assert_eq!(header(&page, "x-ratelimit-bucket"), "read");
    assert!(page.headers().contains_key("retry-after"));
    // What is written is counted apart.
    let message = authorized(client.post(&url)).body(r#"{"content":"x"}"#).send().await.unwrap();
    assert_eq!(message.status(), 200);
    discord.advance(Duration::from_secs(5));
    assert_eq!(authorized(client.get(&url)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_sixth_message_in_a_window_waits_for_the_next() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let client = discord.http_client();
    let url = format!("https://discord.com/api/v10/channels/{}/messages", general.id());
    let post = || {
        client.post(&url).header("authorization", format!("Bot {}", discord.token())).body(r#"{"content":"x"}"#).send()
    };
    for left in (0..5).rev() {
        let response = post().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-ratelimit-remaining"], left.to_string().as_str());
    }
    discord.tolerate(429);
    let refused = post().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    discord.advance(std::time::Duration::from_secs(6));
    assert_eq!(post().await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_the_content_intent_only_messages_for_the_bot_have_text() {
    let discord = FakeDiscord::builder().without_message_content().start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::start(&discord, GatewayIntents::all() - GatewayIntents::MESSAGE_CONTENT).await;
    discord.gateway().wait_connected().await;
    ana.say(&general, "not for you").unwrap();
    ana.say(&general, &format!("{} for you", discord.bot().mention())).unwrap();
    ana.say(&ana.direct(), "in private").unwrap();
    let texts = bot.wait("three messages", |bot| {
        let texts: Vec<String> = bot.heard.messages().into_iter().map(|message| message.content).collect();
        (texts.len() == 3).then_some(texts)
    });
    assert_eq!(texts.await, ["", &format!("{} for you", discord.bot().mention()), "in private"]);
}

#[tokio::test]
async fn a_direct_conversation_goes_both_ways() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    discord.guild("Harbour", &ana);
    let bot = Bot::login(&discord).await;
    let asked = ana.say(&ana.direct(), "just between us").unwrap();
    let heard = bot.wait("the message", |bot| bot.heard.messages().into_iter().find(|m| m.id == asked)).await;
    assert_eq!((heard.guild_id, heard.channel_id), (None, ana.direct().id()));
    heard.channel_id.say(&bot.http, "indeed").await.unwrap();
    assert_eq!(ana.direct().view(), "── DM with ana\n  ana: just between us\n  rtfm [BOT]: indeed\n");
    assert_eq!(discord.user("ben").say(&ana.direct(), "let me in").unwrap_err().code, 50001);
}

#[tokio::test]
async fn an_old_message_can_be_edited_a_few_times_only() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let old = ana.said(&general, "0", std::time::Duration::from_secs(2 * 60 * 60)).unwrap();
    for n in 1..=3 {
        ana.edit(&general, old, &n.to_string()).unwrap();
    }
    assert_eq!(ana.edit(&general, old, "4").unwrap_err().code, 30046);
    assert_eq!(general.message(old).unwrap().content, "3");
}

#[tokio::test]
async fn a_message_pings_only_allowed_mentions() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    let helpers = guild.role("helpers", Permissions::empty());
    let bot = Bot::login(&discord).await;
    let text = format!("{} <@&{helpers}> @everyone", ana.mention());
    let send = async |mentions: CreateAllowedMentions| {
        let message = CreateMessage::new().content(&text).allowed_mentions(mentions);
        discord.message(general.id().send_message(&bot.http, message).await.unwrap().id).unwrap()
    };
    let all = send(CreateAllowedMentions::new().all_users(true).all_roles(true).everyone(true)).await;
    assert_eq!((all.mentions, all.mention_roles, all.mention_everyone), (vec![ana.id()], vec![helpers], true));
    let none = send(CreateAllowedMentions::new()).await;
    assert!(none.mentions.is_empty() && none.mention_roles.is_empty() && !none.mention_everyone);
    assert_eq!(none.allowed_mentions.unwrap()["parse"], serde_json::json!([]));
    let one = send(CreateAllowedMentions::new().users(vec![ana.id()])).await;
    assert_eq!(one.mentions, [ana.id()]);
    let asked = ana.say(&general, "?").unwrap();
    let reply = CreateMessage::new().content("!").reference_message(MessageReference::from((general.id(), asked)));
    let reply = general.id().send_message(&bot.http, reply).await.unwrap();
    assert_eq!(discord.message(reply.id).unwrap().mentions, [ana.id()], "a reply notifies unless it is told not to");
    guild.set_role_permissions(guild.bot_role(), Permissions::SEND_MESSAGES);
    guild.set_role_permissions(guild.everyone(), Permissions::VIEW_CHANNEL);
    let powerless = send(CreateAllowedMentions::new().everyone(true)).await;
    assert!(!powerless.mention_everyone);
}
