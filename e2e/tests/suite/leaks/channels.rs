//! Channels that close and open after their messages are indexed.

use crate::leaks::secret::{on_each_backend, said, world};
use rtfm_e2e::Backends;
use serenity::all::{ChannelType, Permissions};

const NONE: Permissions = Permissions::empty();
const VIEW: Permissions = Permissions::VIEW_CHANNEL;
const HISTORY: Permissions = Permissions::READ_MESSAGE_HISTORY;

#[tokio::test]
async fn a_channel_made_private_after_it_was_indexed_is_private() {
    on_each_backend(async |world| {
        let crew = world.guild.role("crew", NONE);
        world.guild.set_roles(&world.ben, &[crew]);
        let bridge = world.guild.text_channel("bridge");
        let secret = said(&world, &bridge, "heliotrope").await;
        secret.is_told(&world, &world.ben, &world.general).await;

        bridge.make_private(&[crew, world.guild.bot_role()]);
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_kept(&world, &world.ana, &world.general).await;
        secret.is_kept_from_a_command(&world, &world.ben, &world.general).await;
        secret.is_told(&world, &world.ben, &bridge).await;

        bridge.overwrite_role(world.guild.everyone(), VIEW, NONE);
        secret.is_told(&world, &world.ben, &world.general).await;
        secret.is_told_to_a_command(&world, &world.ben, &world.general).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_channel_made_private_while_the_bot_was_away_is_private() {
    let world = world(Backends::LOCAL).await;
    let bridge = world.guild.text_channel("bridge");
    let secret = said(&world, &bridge, "heliotrope").await;
    secret.is_told(&world, &world.ben, &world.general).await;

    // What happens between two connections arrives by the replay of a resumption, or within a new READY.
    for new_session in [false, true] {
        if new_session {
            world.discord.gateway().forget_sessions();
        }
        let connections = world.discord.gateway().connections();
        world.discord.gateway().hang_up();
        bridge.make_private(&[world.guild.bot_role()]);
        let again = || (world.discord.gateway().connections() > connections).then_some(());
        world.discord.wait_for("the bot to come back", again).await;
        world.discord.gateway().wait_connected().await;
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_told(&world, &world.ana, &bridge).await;
        bridge.overwrite_role(world.guild.everyone(), NONE, NONE);
        secret.is_told(&world, &world.ben, &world.general).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn one_member_denied_by_a_role_makes_a_channel_private() {
    on_each_backend(async |world| {
        let cadet = world.guild.role("cadet", NONE);
        let eve = world.discord.user("eve");
        world.guild.join(&eve, &[cadet]);
        let bridge = world.guild.text_channel("bridge");
        let secret = said(&world, &bridge, "heliotrope").await;
        bridge.overwrite_role(cadet, NONE, VIEW);
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_kept(&world, &eve, &world.general).await;
        secret.is_told(&world, &world.ben, &bridge).await;

        bridge.overwrite_role(cadet, NONE, NONE);
        secret.is_told(&world, &eve, &world.general).await;
        bridge.overwrite_member(&eve, NONE, VIEW);
        secret.is_kept(&world, &world.ben, &world.general).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn without_read_history_old_messages_are_not_quoted() {
    on_each_backend(async |world| {
        let crew = world.guild.role("crew", NONE);
        world.guild.set_roles(&world.ben, &[crew]);
        let log = world.guild.text_channel("log");
        let mess = world.guild.text_channel("mess");
        mess.make_private(&[crew, world.guild.bot_role()]);
        log.overwrite_role(world.guild.bot_role(), HISTORY, NONE);
        let secret = said(&world, &log, "heliotrope").await;
        secret.is_told(&world, &world.ben, &world.general).await;

        log.overwrite_role(world.guild.everyone(), NONE, HISTORY);
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_kept(&world, &world.ben, &log).await;
        log.overwrite_role(crew, HISTORY, NONE);
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_kept(&world, &world.ben, &log).await;
        secret.is_told(&world, &world.ben, &mess).await;

        log.overwrite_role(world.guild.everyone(), NONE, NONE);
        world.guild.set_role_permissions(world.guild.everyone(), VIEW | Permissions::SEND_MESSAGES);
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_told(&world, &world.ben, &mess).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn voice_channel_text_is_quoted_only_to_members_who_may_connect() {
    let world = world(Backends::LOCAL).await;
    let cabin = world.guild.channel(ChannelType::Voice, "cabin", None);
    let secret = said(&world, &cabin, "heliotrope").await;
    secret.is_told(&world, &world.ben, &world.general).await;
    cabin.overwrite_role(world.guild.everyone(), NONE, Permissions::CONNECT);
    cabin.overwrite_role(world.guild.bot_role(), Permissions::CONNECT, NONE);
    secret.is_kept(&world, &world.ben, &world.general).await;
    cabin.overwrite_role(world.guild.everyone(), NONE, NONE);
    secret.is_told(&world, &world.ben, &cabin).await;
    world.finish().await;
}

#[tokio::test]
async fn age_restricted_messages_are_quoted_only_in_age_restricted_channels() {
    let world = world(Backends::LOCAL).await;
    let tavern = world.guild.text_channel("tavern");
    let secret = said(&world, &tavern, "heliotrope").await;
    tavern.set_age_restricted(true);
    secret.is_kept(&world, &world.ben, &world.general).await;
    secret.is_told(&world, &world.ben, &tavern).await;
    tavern.set_age_restricted(false);
    secret.is_told(&world, &world.ben, &world.general).await;
    world.finish().await;
}

#[tokio::test]
async fn channels_the_bot_lost_are_not_quoted() {
    on_each_backend(async |world| {
        let bridge = world.guild.text_channel("bridge");
        let secret = said(&world, &bridge, "heliotrope").await;
        secret.is_told(&world, &world.ben, &world.general).await;
        for taken in [VIEW, HISTORY] {
            bridge.overwrite_member(&world.discord.bot(), NONE, taken);
            secret.is_kept(&world, &world.ben, &world.general).await;
            bridge.overwrite_member(&world.discord.bot(), NONE, NONE);
            secret.is_told(&world, &world.ben, &world.general).await;
        }
        world.finish().await;
    })
    .await;
}
