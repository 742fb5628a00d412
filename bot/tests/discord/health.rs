//! What the operator's door says of the connection to Discord.

use crate::support::{bus, launch, within};
use rtfm_bot::{Bot, BotConfig, BotError};
use rtfm_shared::{config::HttpConfig, health::Health};
use rtfm_testkit::discord::FakeDiscord;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The status of `/readyz` and what it says.
pub(crate) async fn ready(door: SocketAddr) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{door}/readyz")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

pub(crate) async fn becomes(door: SocketAddr, status: u16) {
    while ready(door).await.0 != status {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Serves the bot's health on any port: the address, and the token that ends it.
pub(crate) async fn open_door(bot: &Bot) -> (SocketAddr, CancellationToken) {
    let close = CancellationToken::new();
    let any_port = HttpConfig { address: Some(SocketAddr::from(([127, 0, 0, 1], 0))) };
    let door = bot.health(Health::new()).serve(&any_port, close.clone()).await.unwrap().unwrap();
    (door, close)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_refused_stays_unready_until_its_pause_or_a_signal_ends() {
    let discord = FakeDiscord::start().await;
    discord.tolerate(401);
    let config = BotConfig::new("MTIzNDU2.wrong.token").with_client(discord.http_client());
    let bot = Bot::new(BotConfig { refused_pause: Duration::from_secs(86_400), ..config }, Arc::new(bus()));
    let stop = CancellationToken::new();
    let (door, close) = open_door(&bot).await;
    let mut running = launch(bot, &stop).0;
    discord.wait_for_request("Discord to refuse", |request| request.status == 401).await;
    // A day is never over by then, however slow the machine is.
    let ended = tokio::time::timeout(Duration::from_secs(1), &mut running).await;
    assert!(ended.is_err(), "it ended without a pause: {ended:?}");
    assert_eq!(ready(door).await.0, 503);
    assert_eq!(discord.requests().len(), 1, "nothing is tried meanwhile");
    stop.cancel();
    let error = within("the bot to end", running).await.unwrap().unwrap_err();
    assert!(matches!(error, BotError::InvalidToken), "{error:?}");
    close.cancel();
    discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_means_connected_to_discord() {
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    let config = BotConfig::new(discord.token()).with_client(discord.http_client());
    let bot = Bot::new(config, Arc::new(bus()));
    let stop = CancellationToken::new();
    let (door, close) = open_door(&bot).await;

    let (status, body) = ready(door).await;
    assert_eq!(status, 503);
    assert!(body.contains("not connected to Discord"), "{body}");
    let running = launch(bot, &stop).0;
    within("the bot to be ready", becomes(door, 200)).await;

    stop.cancel();
    within("the bot to end", running).await.unwrap().unwrap();
    within("the bot to be unready", becomes(door, 503)).await;
    close.cancel();
    discord.finish();
}
