//! Other servers, and direct messages.

use crate::leaks::secret::{ASKED, on_each_backend, said, world};

#[tokio::test]
async fn servers_never_mix() {
    on_each_backend(async |world| {
        let island = world.discord.guild("Island", &world.ana);
        island.join(&world.ben, &[]);
        let beach = island.text_channel("beach");
        let secret = said(&world, &beach, "heliotrope").await;
        secret.is_kept(&world, &world.ben, &world.general).await;
        secret.is_kept(&world, &world.ana, &world.general).await;
        secret.is_told(&world, &world.ben, &beach).await;
        world.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_removed_the_bot_is_not_quoted_again() {
    let world = world(rtfm_e2e::Backends::LOCAL).await;
    let island = world.discord.guild("Island", &world.ana);
    island.join(&world.ben, &[]);
    let beach = island.text_channel("beach");
    let secret = said(&world, &beach, "heliotrope").await;
    island.set_available(false);
    secret.is_kept(&world, &world.ben, &world.general).await;
    island.set_available(true);
    secret.is_told(&world, &world.ben, &beach).await;
    island.remove(&world.discord.bot());
    secret.is_kept(&world, &world.ben, &world.general).await;
    world.finish().await;
}

#[tokio::test]
async fn a_non_member_learns_nothing_in_a_direct_message() {
    let world = world(rtfm_e2e::Backends::LOCAL).await;
    let stranger = world.discord.user("stranger");
    let secret = said(&world, &world.general, "heliotrope").await;
    secret.is_kept(&world, &stranger, &stranger.direct()).await;
    assert!(!ASKED.contains("heliotrope"));
    secret.is_told(&world, &world.ben, &world.general).await;
    world.finish().await;
}
