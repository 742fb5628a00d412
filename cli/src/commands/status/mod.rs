//! `rtfm status`: shows the system's state. It works while dependencies are unavailable, and its waits are bounded.

mod backfills;
mod groups;
mod report;
mod services;
mod show;

use crate::{
    app_context::AppContext,
    checks::{self, Check, CheckStatus, within},
    error::CliError,
    output,
};
use clap::Args;
use report::StatusReport;
use rtfm_memory::store::StoreConfig;
use rtfm_models::gemini::GeminiConfig;
use rtfm_shared::{
    bus::topics::{self, is_dead_letter_topic},
    config::{BusConfig, Env, data_directory},
    dead_letters::DeadLetters,
};
use std::{path::PathBuf, time::Duration};

/// Time limit of all requests to the bus together.
const BUS_TIME_LIMIT: Duration = Duration::from_secs(20);

/// The remedy for errors that name their own.
const SEE_DOCTOR: &str = "follow the message, or run `rtfm doctor`";

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl StatusArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        let report = collect(&env, self.data_dir).await?;
        let mut out = output::stdout();
        if self.json {
            out.json(&show::to_json(&report))?;
        } else {
            show::text(&report).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        if report.problems.is_empty() { Ok(()) } else { Err(CliError::Reported) }
    }
}

async fn collect(env: &Env, data_dir: Option<PathBuf>) -> Result<StatusReport, CliError> {
    let directory = data_dir.clone().unwrap_or_else(|| data_directory(env));
    let store = StoreConfig::from_env(env, &directory)?;
    let gemini = GeminiConfig::from_env(env)?;
    let (bus, store, gemini, services) = tokio::join!(
        bus(env, data_dir),
        within("store", checks::store(&store)),
        within("gemini", checks::gemini(gemini)),
        services::collect(env),
    );
    let mut report = bus?;
    report.dependencies.extend([store, gemini]);
    report.services = services?;
    report.find_problems();
    Ok(report)
}

/// The part of the report that comes from the bus; without a bus, only the failed check.
async fn bus(env: &Env, data_dir: Option<PathBuf>) -> Result<StatusReport, CliError> {
    let directory = data_dir.clone().unwrap_or_else(|| data_directory(env));
    let config = BusConfig::from_env(env, &directory)?;
    // Opening a local bus would create it.
    if matches!(config, BusConfig::Local { .. }) && !directory.join("bus.sqlite").exists() {
        let finding = format!("local: there is none in {} yet", directory.display());
        let missing = Check::failed(
            "bus",
            finding,
            "start with `rtfm up` or `rtfm import`, or name the directory with --data-dir",
        );
        return Ok(StatusReport { dependencies: vec![missing], ..StatusReport::default() });
    }
    let context = match AppContext::open(env.clone(), data_dir).await {
        Ok(context) => context,
        Err(error @ (CliError::Config(_) | CliError::Usage(_))) => return Err(error),
        Err(error) => {
            let unusable = Check::failed("bus", error.to_string(), SEE_DOCTOR);
            return Ok(StatusReport { dependencies: vec![unusable], ..StatusReport::default() });
        }
    };
    let health = within("bus", checks::bus(&context)).await;
    let mut report = StatusReport { is_local: context.is_local(), ..StatusReport::default() };
    if health.status == CheckStatus::Passed {
        match tokio::time::timeout(BUS_TIME_LIMIT, fill(&context, &mut report)).await {
            Ok(Ok(())) => report.dependencies.push(health),
            Ok(Err(error)) => report.dependencies.push(Check::failed("bus", error.to_string(), SEE_DOCTOR)),
            Err(_) => {
                let finding = format!(
                    "{}: not every request was answered within {} s",
                    context.bus_name(),
                    BUS_TIME_LIMIT.as_secs()
                );
                report.dependencies.push(Check::failed("bus", finding, "check the brokers' load and logs"));
            }
        }
    } else {
        report.dependencies.push(health);
    }
    Ok(report)
}

async fn fill(context: &AppContext, report: &mut StatusReport) -> Result<(), CliError> {
    let bus = context.bus.as_ref();
    let catalogue = topics::catalogue();
    let names: Vec<&str> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
    report.drift = checks::drift(context).await?;
    report.topics = bus.describe_topics(&names).await?.into_iter().flatten().collect();
    report.groups = groups::collect(bus, &report.topics).await?;
    // A missing topic is reported as drift.
    if report.topics.iter().any(|topic| topic.name == topics::SETTINGS) {
        report.backfills = backfills::collect(&context.bus).await?;
    }
    let dead_letters = DeadLetters::new(context.bus.clone());
    for name in names.iter().filter(|name| !is_dead_letter_topic(name)) {
        report.dead_letters.push(((*name).to_owned(), dead_letters.unsettled(name).await?.len()));
    }
    Ok(())
}
