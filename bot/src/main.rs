//! `rtfm-bot`: the bot as a service of its own, configured by environment.

use anyhow::Context;
use rtfm_bot::{Bot, BotConfig};
use rtfm_shared::{
    bus,
    config::{BusConfig, Env, HttpConfig, data_directory},
    health::Health,
    shutdown,
    telemetry::{self, TelemetryConfig},
};

fn main() -> anyhow::Result<()> {
    shutdown::run_to_end(run())?
}

async fn run() -> anyhow::Result<()> {
    let env = Env::process()?;
    let metrics = telemetry::init(&TelemetryConfig::from_env(&env, "info")?, "rtfm-bot")?;
    env.require("DISCORD_TOKEN", "the token from your application's Bot page in the developer portal")?;
    let config = BotConfig::from_env(&env)?.context("there is no bot to run")?;
    let directory = data_directory(&env);
    let bus = bus::open(&BusConfig::from_env(&env, &directory)?).await?;
    let http = HttpConfig::from_env(&env, Some(HttpConfig::BOT_ADDRESS))?;
    let shutdown = shutdown::on_signals()?;
    let health = Health::new().metrics(metrics).bus(&bus);
    let bot = Bot::new(config, bus);
    let door = bot.health(health).serve(&http, shutdown.clone()).await;
    door.with_context(|| format!("HTTP_ADDR: cannot listen on {:?}", http.address))?;
    let outcome = bot.run(shutdown).await;
    telemetry::flush();
    Ok(outcome?)
}
