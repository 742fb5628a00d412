//! The fake Discord is held against the client library the bot uses: serenity, unmodified, with its rate limiter.

mod cdn;
mod checks;
mod client;
mod gateway;
mod gateway_faults;
mod interactions;
mod messages;
mod permissions;
mod proxy;
mod rest;
mod shards;
mod threads;
mod view;
mod world;

use rtfm_testkit::discord::{FakeDiscord, Guild, User};

/// The server Harbour, which ana owns and ben has joined.
async fn harbour() -> (FakeDiscord, Guild, User, User) {
    let discord = FakeDiscord::start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    (discord, guild, ana, ben)
}
