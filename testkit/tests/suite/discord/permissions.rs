//! Discord's permission algorithm, as the actors are held to it and as serenity computes it.

use super::harbour;
use serenity::all::Permissions;

const VIEW: Permissions = Permissions::VIEW_CHANNEL;
const SEND: Permissions = Permissions::SEND_MESSAGES;
const NONE: Permissions = Permissions::empty();

#[tokio::test]
async fn an_actor_is_held_to_its_permissions() {
    let (discord, guild, ana, ben) = harbour().await;
    let carl = discord.user("carl");
    let general = guild.text_channel("general");
    let hers = ana.say(&general, "hers").unwrap();
    assert_eq!(ben.edit(&general, hers, "his").unwrap_err().code, 50005);
    assert_eq!(ben.delete(&general, hers).unwrap_err().code, 50013);
    assert_eq!(carl.say(&general, "hello").unwrap_err().code, 50001, "no member");
    assert_eq!(ben.say(&general, &"x".repeat(2001)).unwrap_err().code, 50035);
    let secret = guild.text_channel("secret");
    secret.make_private(&[]);
    assert_eq!(ben.say(&secret, "psst").unwrap_err().code, 50001);
    assert!(ana.say(&secret, "the owner may").is_ok());
    general.overwrite_role(guild.everyone(), NONE, SEND);
    assert_eq!(ben.say(&general, "hm").unwrap_err().code, 50013);
}

#[tokio::test]
async fn overwrites_apply_from_everyone_to_roles_to_the_member() {
    let (_discord, guild, _, ben) = harbour().await;
    let (red, blue) = (guild.role("red", NONE), guild.role("blue", NONE));
    guild.set_roles(&ben, &[red, blue]);
    let channel = guild.text_channel("x");
    channel.overwrite_role(guild.everyone(), NONE, VIEW);
    assert!(!ben.can(&channel, VIEW));
    channel.overwrite_role(red, VIEW, NONE);
    assert!(ben.can(&channel, VIEW), "a role's allow beats the deny of everyone");
    channel.overwrite_role(blue, NONE, VIEW);
    assert!(ben.can(&channel, VIEW), "among roles allow beats deny");
    channel.overwrite_member(&ben, NONE, VIEW);
    assert!(!ben.can(&channel, VIEW), "the member's own comes last");
    assert!(!ben.can(&channel, SEND), "who cannot see can do nothing");
    guild.set_role_permissions(red, Permissions::ADMINISTRATOR);
    assert!(ben.can(&channel, Permissions::all()), "administrators are above overwrites");
}

#[tokio::test]
async fn threads_take_their_parents_overwrites_and_their_own_permission_to_write() {
    let (_discord, guild, ana, ben) = harbour().await;
    let channel = guild.text_channel("x");
    let opener = ana.say(&channel, "start").unwrap();
    let thread = ana.start_thread(&channel, opener, "t").unwrap();
    channel.overwrite_role(guild.everyone(), NONE, SEND);
    assert!(ben.say(&channel, "no").is_err());
    assert!(ben.say(&thread, "yes").is_ok());
    channel.overwrite_role(guild.everyone(), NONE, VIEW);
    assert!(!ben.can(&thread, VIEW));
}

#[tokio::test]
async fn a_channel_begins_with_its_categorys_overwrites() {
    let (_discord, guild, _, ben) = harbour().await;
    let category = guild.category("staff");
    category.make_private(&[]);
    let inside = guild.text_channel_in(&category, "inside");
    assert!(!ben.can(&inside, VIEW));
}

#[tokio::test]
async fn the_fake_and_serenity_agree() {
    let (discord, guild, ana, ben) = harbour().await;
    let red = guild.role("red", Permissions::MANAGE_MESSAGES);
    guild.set_roles(&ben, &[red]);
    let (open, closed) = (guild.text_channel("open"), guild.text_channel("closed"));
    closed.make_private(&[red]);
    open.overwrite_member(&ben, NONE, SEND);
    let bot = crate::discord::client::Bot::login(&discord).await;
    let seen = bot.cache.guild(guild.id()).unwrap().clone();
    for user in [&ana, &ben, &discord.bot()] {
        for channel in [&open, &closed] {
            let theirs = seen.user_permissions_in(&seen.channels[&channel.id()], &seen.members[&user.id()]);
            for permission in [VIEW, SEND, Permissions::MANAGE_MESSAGES] {
                let mine = user.can(channel, permission);
                // serenity leaves bits standing in a channel that cannot be seen at all.
                let theirs = theirs.contains(VIEW) && theirs.contains(permission);
                assert_eq!(mine, theirs, "{permission} of {} in {}", user.mention(), channel.id());
            }
        }
    }
}
