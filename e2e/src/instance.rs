//! One instance of the bot in this process.

use crate::backends::PATIENCE;
use rtfm_bot::BotConfig;
use rtfm_shared::bus::Bus;
use rtfm_testkit::discord::FakeDiscord;
use std::sync::Arc;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// A running bot.
#[derive(Debug)]
pub struct Instance {
    stop: CancellationToken,
    bot: JoinHandle<()>,
}

impl Instance {
    /// Starts it and waits until it hears Discord and knows that it does: then it looks whether its commands are
    /// registered.
    pub async fn start(discord: &FakeDiscord, config: BotConfig, bus: Arc<dyn Bus>) -> Self {
        let looks = || discord.requests().iter().filter(|request| request.is("GET", "/commands")).count();
        let (before, stop) = (looks(), CancellationToken::new());
        let stopped = stop.clone();
        let bot = tokio::spawn(async move { rtfm_bot::run(config, bus, stopped).await.unwrap() });
        discord.wait_for("a bot that listens", || (looks() > before).then_some(())).await;
        discord.gateway().wait_connected().await;
        Self { stop, bot }
    }

    /// Shuts it down in order.
    pub async fn end(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.bot).await.expect("the bot ends in time").unwrap();
    }
}
