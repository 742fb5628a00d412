//! `rtfm up`: runs everything in one process.

use crate::{app_context::AppContext, demo, error::CliError, output, style::Style};
use clap::Args;
use rtfm_bot::{Bot, BotConfig};
use rtfm_memory::store::StoreConfig;
use rtfm_shared::{
    config::{Env, HttpConfig},
    shutdown,
    telemetry::{self, TelemetryConfig},
};
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Attempts to reach Kafka; each takes up to three seconds, with a second between two.
const TRIES: u32 = 15;

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Demonstrate RTFM on a sample server, without keys and network
    #[arg(long)]
    demo: bool,
    /// The data directory [default: RTFM_DATA_DIR, else ./data; a temporary directory with --demo]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl UpArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        if self.demo {
            super::logging(&env)?;
            return demo::run(&env, self.data_dir).await;
        }
        serve(env, self.data_dir).await
    }
}

async fn serve(env: Env, data_dir: Option<PathBuf>) -> Result<(), CliError> {
    let metrics = telemetry::init(&TelemetryConfig::from_env(&env, "info")?, super::SERVICE)?;
    // A wrong setting must fail before anything starts.
    let http = HttpConfig::from_env(&env, Some(HttpConfig::UP_ADDRESS))?;
    let bot = BotConfig::from_env(&env)?;
    let context = AppContext::open(env, data_dir).await?;
    let stop = shutdown::on_signals()?;
    match stop.run_until_cancelled(context.wait_until_reachable(TRIES)).await {
        Some(reached) => reached?,
        None => return Ok(()),
    }
    context.create_topics().await?;
    let processor = context.processor().await?;

    let bot = bot.map(|config| Bot::new(config, Arc::clone(&context.bus)));
    let health = processor.health().metrics(metrics);
    let health = match &bot {
        Some(bot) => bot.health(health),
        None => health,
    };
    let health_address = health.serve(&http, stop.clone()).await.map_err(|error| health_not_served(&http, &error))?;

    let has_bot = bot.is_some();
    let mut services = JoinSet::new();
    let running = stop.clone();
    services.spawn(async move { ("the processor", processor.run(running).await.map_err(CliError::from)) });
    if let Some(bot) = bot {
        let running = stop.clone();
        services.spawn(async move { ("the bot", bot.run(running).await.map_err(CliError::from)) });
    }
    // A closed output must neither stop the services nor hide their failure.
    let _ = announce(&context, health_address, has_bot);
    let outcome = watch(services, &stop).await;
    telemetry::flush();
    let _ = writeln!(output::stdout(), "stopped");
    outcome
}

fn health_not_served(http: &HttpConfig, error: &std::io::Error) -> CliError {
    let address = http.address.unwrap_or(HttpConfig::UP_ADDRESS);
    CliError::Failed(format!(
        "failed to serve the health endpoints at {address}: {error}; choose another address with HTTP_ADDR=127.0.0.1:9601, or HTTP_ADDR=off"
    ))
}

fn announce(context: &AppContext, health_address: Option<SocketAddr>, has_bot: bool) -> std::io::Result<()> {
    let (style, mut out) = (Style::of_stdout(), output::stdout());
    let set = |variable| context.env.get(variable).is_some();
    let store = StoreConfig::from_env(&context.env, &context.data_dir);
    let memory = store.map_or_else(|error| error.to_string(), |store| store.place());
    let answers = if set("GEMINI_API_KEY") { "written by Gemini" } else { "quoted (set GEMINI_API_KEY for Gemini)" };
    let discord = if has_bot { "on" } else { "off (set DISCORD_TOKEN)" };
    let health = health_address.map_or_else(|| "off".to_owned(), |address| format!("http://{address}"));
    for (name, value) in [
        ("events", context.bus_name().as_str()),
        ("memory", &memory),
        ("answers", answers),
        ("discord", discord),
        ("health", &health),
    ] {
        writeln!(out, "  {} {value}", style.dim(&format!("{name:<8}")))?;
    }
    writeln!(out, "{}; ask with `rtfm ask`, stop with Ctrl-C", style.bold("RTFM is up"))
}

/// Waits until all services have stopped. When one stops, it stops the others too.
async fn watch(
    mut services: JoinSet<(&'static str, Result<(), CliError>)>,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let mut outcome = Ok(());
    while let Some(ended) = services.join_next().await {
        let (name, result) = ended.map_err(|error| CliError::Failed(format!("a service crashed: {error}")))?;
        let result = match result {
            Ok(()) if !stop.is_cancelled() => Err(CliError::Failed(format!("{name} stopped unexpectedly"))),
            other => other,
        };
        stop.cancel();
        // The first failure is the cause; later ones are often consequences, so they are only logged.
        match (result, &outcome) {
            (Err(error), Ok(())) => outcome = Err(error),
            (Err(error), Err(_)) => tracing::error!(%error, "{name} failed too"),
            (Ok(()), _) => {}
        }
    }
    outcome
}
