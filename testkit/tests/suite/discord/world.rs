//! What a client sees after login.

use rtfm_testkit::discord::FakeDiscord;
use serenity::all::*;

use crate::discord::client::Bot;

#[tokio::test]
async fn login_fills_the_cache() {
    let discord = FakeDiscord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    let moderators = guild.role("moderators", Permissions::MANAGE_MESSAGES);
    guild.join(&ben, &[moderators]);
    let category = guild.category("Talk");
    let general = guild.text_channel_in(&category, "general");
    let secret = guild.text_channel("secret");
    secret.make_private(&[moderators]);
    let opener = ana.say(&general, "a thread starts here").unwrap();
    let thread = ana.start_thread(&general, opener, "details").unwrap();

    let bot = Bot::login(&discord).await;

    assert_eq!(bot.cache.current_user().id, discord.bot().id());
    let seen = bot.cache.guild(guild.id()).unwrap().clone();
    assert_eq!(seen.name, "Harbour");
    assert_eq!(seen.owner_id, ana.id());
    assert_eq!(seen.channels[&general.id()].parent_id, Some(category.id()));
    assert!(seen.channels.contains_key(&secret.id()), "bots hear of hidden channels too");
    assert_eq!(seen.roles[&moderators].permissions, Permissions::MANAGE_MESSAGES);
    assert_eq!(seen.members[&ben.id()].roles, [moderators]);
    assert_eq!(seen.threads[0].id, thread.id());
    let ben_may = seen.user_permissions_in(&seen.channels[&secret.id()], &seen.members[&ben.id()]);
    assert!(ben_may.view_channel());
    let bot_may = seen.user_permissions_in(&seen.channels[&secret.id()], &seen.members[&discord.bot().id()]);
    assert!(!bot_may.view_channel());
}

#[tokio::test]
async fn without_the_presences_intent_members_are_sent_only_on_request() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let intents = GatewayIntents::all() - GatewayIntents::GUILD_PRESENCES;
    let bot = Bot::start(&discord, intents).await;
    bot.wait("the guild", |bot| bot.cache.guild(guild.id()).map(|_| ())).await;
    assert_eq!(bot.cache.guild(guild.id()).unwrap().members.len(), 1, "only the bot itself");
}

#[tokio::test]
async fn changes_while_running_reach_the_cache() {
    let discord = FakeDiscord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    let bot = Bot::login(&discord).await;

    let helpers = guild.role("helpers", Permissions::empty());
    guild.join(&ben, &[helpers]);
    let channel = guild.text_channel("new");
    channel.rename("newer");
    bot.wait("the renamed channel", |bot| {
        let guild = bot.cache.guild(guild.id())?;
        (guild.channels.get(&channel.id())?.name == "newer").then_some(())
    })
    .await;
    assert_eq!(bot.cache.guild(guild.id()).unwrap().members[&ben.id()].roles, [helpers]);

    guild.set_role_permissions(helpers, Permissions::MANAGE_GUILD);
    guild.delete_role(helpers);
    channel.delete();
    guild.remove(&ben);
    bot.wait("the member to be gone", |bot| {
        let guild = bot.cache.guild(guild.id())?;
        (!guild.members.contains_key(&ben.id())).then_some(())
    })
    .await;
    let seen = bot.cache.guild(guild.id()).unwrap().clone();
    assert!(!seen.channels.contains_key(&channel.id()));
    assert!(!seen.roles.contains_key(&helpers));

    guild.set_available(false);
    bot.wait("the guild to be away", |bot| bot.cache.guild(guild.id()).is_none().then_some(())).await;
    guild.set_available(true);
    bot.wait("the guild to be back", |bot| bot.cache.guild(guild.id()).map(|_| ())).await;
    guild.remove(&discord.bot());
    bot.wait("the guild to be lost", |bot| bot.cache.guild(guild.id()).is_none().then_some(())).await;
}
