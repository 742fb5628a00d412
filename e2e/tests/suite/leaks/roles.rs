//! Members who gain and lose roles, and roles that gain and lose permissions.

use crate::leaks::secret::{on_each_backend, said, world};
use rtfm_e2e::World;
use rtfm_testkit::discord::Channel;
use serenity::all::{Permissions, RoleId};

const NONE: Permissions = Permissions::empty();
const VIEW: Permissions = Permissions::VIEW_CHANNEL;

/// A channel of these roles and the bot.
fn private(world: &World, name: &str, roles: &[RoleId]) -> Channel {
    let channel = world.guild.text_channel(name);
    channel.make_private(&[roles, &[world.guild.bot_role()]].concat());
    channel
}

#[tokio::test]
async fn public_answers_use_the_scope_of_everyone_even_for_administrators() {
    on_each_backend(async |world| {
        let crew = world.guild.role("crew", NONE);
        let captain = world.guild.role("captain", Permissions::ADMINISTRATOR);
        let eve = world.discord.user("eve");
        world.guild.join(&eve, &[captain]);
        let bridge = private(&world, "bridge", &[crew]);
        let secret = said(&world, &bridge, "heliotrope").await;
        secret.is_kept(&world, &world.ana, &world.general).await;
        secret.is_kept(&world, &eve, &world.general).await;
        secret.is_kept_from_a_command(&world, &world.ana, &world.general).await;
        secret.is_told(&world, &world.ana, &bridge).await;
        secret.is_told_to_a_command(&world, &eve, &bridge).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn gaining_a_role_opens_a_channel_and_losing_it_closes_it() {
    on_each_backend(async |world| {
        let crew = world.guild.role("crew", NONE);
        let bridge = private(&world, "bridge", &[crew]);
        // A ticket: but for the owner, nobody sees it but Ben.
        let ticket = private(&world, "ticket", &[]);
        ticket.overwrite_member(&world.ben, VIEW, NONE);
        let secret = said(&world, &bridge, "heliotrope").await;
        secret.is_kept(&world, &world.ben, &ticket).await;
        world.guild.set_roles(&world.ben, &[crew]);
        secret.is_told(&world, &world.ben, &ticket).await;
        secret.is_kept(&world, &world.ben, &world.general).await;
        world.guild.set_roles(&world.ben, &[]);
        secret.is_kept(&world, &world.ben, &ticket).await;
        secret.is_kept_from_a_command(&world, &world.ben, &ticket).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn role_permissions_are_read_for_each_question() {
    on_each_backend(async |world| {
        let (crew, officers) = (world.guild.role("crew", NONE), world.guild.role("officers", NONE));
        world.guild.set_roles(&world.ben, &[crew, officers]);
        let (deck, bridge) = (private(&world, "deck", &[crew]), private(&world, "bridge", &[officers]));
        let secret = said(&world, &bridge, "heliotrope").await;
        // Ben reads both, and others of the crew do not.
        secret.is_kept(&world, &world.ben, &deck).await;
        world.guild.set_role_permissions(crew, Permissions::ADMINISTRATOR);
        secret.is_told(&world, &world.ben, &deck).await;
        world.guild.set_role_permissions(crew, NONE);
        secret.is_kept(&world, &world.ben, &deck).await;
        bridge.overwrite_role(crew, VIEW, NONE);
        secret.is_told(&world, &world.ben, &deck).await;
        bridge.overwrite_role(crew, NONE, NONE);
        secret.is_kept(&world, &world.ben, &deck).await;
        secret.is_told(&world, &world.ben, &bridge).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_deleted_role_opens_nothing() {
    let world = world(rtfm_e2e::Backends::LOCAL).await;
    let crew = world.guild.role("crew", NONE);
    world.guild.set_roles(&world.ben, &[crew]);
    let (deck, bridge) = (private(&world, "deck", &[crew]), private(&world, "bridge", &[crew]));
    deck.overwrite_member(&world.ben, VIEW, NONE);
    let secret = said(&world, &bridge, "heliotrope").await;
    secret.is_kept(&world, &world.ben, &world.general).await;
    world.guild.delete_role(crew);
    secret.is_kept(&world, &world.ben, &deck).await;
    secret.is_kept(&world, &world.ben, &world.general).await;
    bridge.overwrite_member(&world.ben, VIEW, NONE);
    secret.is_told(&world, &world.ben, &bridge).await;
    world.finish().await;
}

#[tokio::test]
async fn access_of_one_member_does_not_open_a_channel_to_all() {
    on_each_backend(async |world| {
        let crew = world.guild.role("crew", NONE);
        let eve = world.discord.user("eve");
        world.guild.join(&eve, &[crew]);
        let (deck, bridge) = (private(&world, "deck", &[crew]), private(&world, "bridge", &[]));
        let secret = said(&world, &bridge, "heliotrope").await;
        bridge.overwrite_member(&world.ben, VIEW, NONE);
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_told(&world, &world.ben, &bridge).await;

        // And one who is let into where it is asked learns nothing of what is not theirs.
        bridge.overwrite_role(crew, VIEW, NONE);
        secret.is_told(&world, &eve, &deck).await;
        deck.overwrite_member(&world.discord.user("guest"), VIEW, NONE);
        secret.is_kept(&world, &eve, &deck).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_role_the_bot_loses_closes_its_channels() {
    let world = world(rtfm_e2e::Backends::LOCAL).await;
    let bot = world.discord.bot();
    let (crew, own) = (world.guild.role("crew", NONE), world.guild.bot_role());
    let deck = private(&world, "deck", &[crew]);
    deck.overwrite_member(&bot, VIEW, NONE);
    let bridge = private(&world, "bridge", &[crew]);
    world.guild.set_roles(&world.ben, &[crew]);
    let secret = said(&world, &bridge, "heliotrope").await;
    secret.is_told(&world, &world.ben, &deck).await;
    world.guild.set_roles(&bot, &[]);
    secret.is_kept(&world, &world.ben, &deck).await;
    world.guild.set_roles(&bot, &[own]);
    secret.is_told(&world, &world.ben, &deck).await;
    world.finish().await;
}
