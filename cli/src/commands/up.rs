//! `rtfm up`: everything in one process.

use crate::{demo, door, fault::Fault, foundation::Foundation, style::Style};
use clap::Args;
use rtfm_bot::{Bot, BotConfig};
use rtfm_memory::store::StoreConfig;
use rtfm_shared::{
    config::{Env, HttpConfig},
    shutdown,
    telemetry::{self, TelemetryConfig},
};
use std::{io::Write, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often Kafka is tried before it is given up: each takes up to three seconds and is followed by one more.
const TRIES: u32 = 15;

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Show what RTFM does on a sample server, without keys and network
    #[arg(long)]
    demo: bool,
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data; a fresh directory with --demo]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Up {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        if self.demo {
            super::logging(&env)?;
            return demo::run(&env, self.data_dir).await;
        }
        serve(env, self.data_dir).await
    }
}

async fn serve(env: Env, data_dir: Option<PathBuf>) -> Result<(), Fault> {
    let metrics = telemetry::init(&TelemetryConfig::from_env(&env, "info")?, super::SERVICE)?;
    // Every setting is read before anything starts.
    let http = HttpConfig::from_env(&env, Some(door::UP))?;
    let bot = BotConfig::from_env(&env)?;
    let foundation = Foundation::open(env, data_dir).await?;
    let stop = shutdown::on_signals()?;
    match stop.run_until_cancelled(foundation.wait_until_reachable(TRIES)).await {
        Some(reached) => reached?,
        None => return Ok(()),
    }
    foundation.create_topics().await?;
    let processor = foundation.processor().await?;

    let bot = bot.map(|config| Bot::new(config, Arc::clone(&foundation.bus)));
    let health = processor.health().metrics(metrics);
    let health = match &bot {
        Some(bot) => bot.health(health),
        None => health,
    };
    let door = health.serve(&http, stop.clone()).await.map_err(|error| door_is_shut(&http, &error))?;

    let has_bot = bot.is_some();
    let mut services = JoinSet::new();
    let running = stop.clone();
    services.spawn(async move { ("the processor", processor.run(running).await.map_err(Fault::from)) });
    if let Some(bot) = bot {
        let running = stop.clone();
        services.spawn(async move { ("the bot", bot.run(running).await.map_err(Fault::from)) });
    }
    // Whether anybody reads what is announced is no reason to stop serving, nor to hide a failure.
    let _ = announce(&foundation, door, has_bot);
    let outcome = watch(services, &stop).await;
    telemetry::flush();
    let _ = writeln!(std::io::stdout(), "stopped");
    outcome
}

fn door_is_shut(http: &HttpConfig, error: &std::io::Error) -> Fault {
    let address = http.address.unwrap_or(door::UP);
    Fault::Failed(format!(
        "the health door cannot be opened at {address}: {error}; choose another with HTTP_ADDR=127.0.0.1:9601, or HTTP_ADDR=off"
    ))
}

fn announce(foundation: &Foundation, door: Option<SocketAddr>, has_bot: bool) -> std::io::Result<()> {
    let (style, mut out) = (Style::of_stdout(), std::io::stdout());
    let set = |variable| foundation.env.get(variable).is_some();
    let store = StoreConfig::from_env(&foundation.env, &foundation.data_dir);
    let memory = store.map_or_else(|error| error.to_string(), |store| store.place());
    let answers = if set("GEMINI_API_KEY") { "written by Gemini" } else { "quoted (set GEMINI_API_KEY for Gemini)" };
    let discord = if has_bot { "on" } else { "off (set DISCORD_TOKEN)" };
    let door = door.map_or_else(|| "off".to_owned(), |address| format!("http://{address}"));
    for (what, is) in [
        ("events", foundation.bus_name().as_str()),
        ("memory", &memory),
        ("answers", answers),
        ("discord", discord),
        ("health", &door),
    ] {
        writeln!(out, "  {} {is}", style.dim(&format!("{what:<8}")))?;
    }
    writeln!(out, "{}; ask with `rtfm ask`, stop with Ctrl-C", style.bold("RTFM is up"))
}

/// Waits for the end of everything. Where one service ends, the others are ended too.
async fn watch(
    mut services: JoinSet<(&'static str, Result<(), Fault>)>,
    stop: &CancellationToken,
) -> Result<(), Fault> {
    let mut outcome = Ok(());
    while let Some(ended) = services.join_next().await {
        let (name, result) = ended.map_err(|error| Fault::Failed(format!("a service broke off: {error}")))?;
        let result = match result {
            Ok(()) if !stop.is_cancelled() => Err(Fault::Failed(format!("{name} ended by itself"))),
            other => other,
        };
        stop.cancel();
        // The first failure is the cause; what follows from it is only logged.
        match (result, &outcome) {
            (Err(fault), Ok(())) => outcome = Err(fault),
            (Err(fault), Err(_)) => tracing::error!(%fault, "{name} failed too"),
            (Ok(()), _) => {}
        }
    }
    outcome
}
