//! Threads, above all private ones.

use crate::leaks::secret::{on_each_backend, said, world};
use serenity::all::Permissions;

#[tokio::test]
async fn a_private_thread_is_quoted_only_inside_it() {
    on_each_backend(async |world| {
        let hatch = world.ana.start_private_thread(&world.general, "hatch").unwrap();
        let other = world.ana.start_private_thread(&world.general, "other").unwrap();
        for thread in [&hatch, &other] {
            thread.add_member(&world.discord.bot());
            thread.add_member(&world.ben);
        }
        let secret = said(&world, &hatch, "heliotrope").await;
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_kept(&world, &world.ben, &other).await;
        secret.is_kept_from_a_command(&world, &world.ana, &world.general).await;
        secret.is_told(&world, &world.ben, &hatch).await;
        secret.is_told_to_a_command(&world, &world.ben, &hatch).await;

        // Put out of it, the bot knows no more of it than anybody.
        world.discord.tolerate(403);
        hatch.remove_member(&world.discord.bot());
        secret.is_kept_from_a_command(&world, &world.ben, &hatch).await;
        hatch.add_member(&world.discord.bot());
        secret.is_told(&world, &world.ben, &hatch).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_public_thread_is_as_private_as_its_channel() {
    let world = world(rtfm_e2e::Backends::LOCAL).await;
    let bridge = world.guild.text_channel("bridge");
    let start = world.ana.say(&bridge, "Let us talk").unwrap();
    let thread = world.ana.start_thread(&bridge, start, "talk").unwrap();
    let secret = said(&world, &thread, "heliotrope").await;
    secret.is_told(&world, &world.ben, &world.general).await;
    bridge.make_private(&[world.guild.bot_role()]);
    secret.is_kept(&world, &world.ben, &world.general).await;
    secret.is_told(&world, &world.ana, &thread).await;
    bridge.overwrite_role(world.guild.everyone(), Permissions::VIEW_CHANNEL, Permissions::empty());
    secret.is_told(&world, &world.ben, &world.general).await;
    world.finish().await;
}
