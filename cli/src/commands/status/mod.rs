//! `rtfm status`: how the system is, in one look. It works while anything is away, and never waits for long.

mod groups;
mod histories;
mod report;
mod services;
mod show;

use crate::{
    checks::{self, Check, Verdict, within},
    fault::Fault,
    foundation::Foundation,
};
use clap::Args;
use report::Report;
use rtfm_memory::store::StoreConfig;
use rtfm_models::gemini::GeminiConfig;
use rtfm_shared::{
    bus::topics::{self, is_for_dead_letters},
    config::{BusConfig, Env, data_directory},
    dead_letters::DeadLetters,
};
use std::{io::Write, path::PathBuf, time::Duration};

/// The longest that all questions to a bus may take together.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        let report = look(&env, self.data_dir).await?;
        let mut out = std::io::stdout();
        if self.json {
            writeln!(out, "{}", show::object(&report))?;
        } else {
            show::text(&report).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        if report.problems.is_empty() { Ok(()) } else { Err(Fault::Reported) }
    }
}

async fn look(env: &Env, data_dir: Option<PathBuf>) -> Result<Report, Fault> {
    let directory = data_dir.clone().unwrap_or_else(|| data_directory(env));
    let store = StoreConfig::from_env(env, &directory)?;
    let gemini = GeminiConfig::from_env(env)?;
    let doors = services::look(env);
    let (bus, store, gemini, services) = tokio::join!(
        bus(env, data_dir),
        within("store", checks::store(&store)),
        within("gemini", checks::gemini(gemini)),
        doors,
    );
    let mut report = bus?;
    report.dependencies.extend([store, gemini]);
    report.services = services?;
    report.judge();
    Ok(report)
}

/// What the bus tells; only that it is away, when it is.
async fn bus(env: &Env, data_dir: Option<PathBuf>) -> Result<Report, Fault> {
    let directory = data_dir.clone().unwrap_or_else(|| data_directory(env));
    let config = BusConfig::from_env(env, &directory)?;
    // To look must not make.
    if matches!(config, BusConfig::Local { .. }) && !directory.join("bus.sqlite").exists() {
        let what = format!("local: there is none in {} yet", directory.display());
        let missing =
            Check::failed("bus", what, "begin with `rtfm up` or `rtfm import`, or name the directory with --data-dir");
        return Ok(Report { dependencies: vec![missing], ..Report::default() });
    }
    let foundation = match Foundation::open(env.clone(), data_dir).await {
        Ok(foundation) => foundation,
        Err(fault @ (Fault::Config(_) | Fault::Usage(_))) => return Err(fault),
        Err(fault) => {
            let unusable = Check::failed("bus", fault.to_string(), "see what it says, and `rtfm doctor`");
            return Ok(Report { dependencies: vec![unusable], ..Report::default() });
        }
    };
    let health = within("bus", checks::bus(&foundation)).await;
    let mut report = Report { is_local: foundation.is_local(), ..Report::default() };
    if health.verdict == Verdict::Well {
        match tokio::time::timeout(PATIENCE, fill(&foundation, &mut report)).await {
            Ok(Ok(())) => report.dependencies.push(health),
            Ok(Err(fault)) => {
                report.dependencies.push(Check::failed(
                    "bus",
                    fault.to_string(),
                    "see what it says, and `rtfm doctor`",
                ));
            }
            Err(_) => {
                let what =
                    format!("{}: not everything was answered within {} s", foundation.bus_name(), PATIENCE.as_secs());
                report.dependencies.push(Check::failed("bus", what, "look at the brokers' load and logs"));
            }
        }
    } else {
        report.dependencies.push(health);
    }
    Ok(report)
}

async fn fill(foundation: &Foundation, report: &mut Report) -> Result<(), Fault> {
    let bus = foundation.bus.as_ref();
    let catalogue = topics::catalogue();
    let names: Vec<&str> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
    report.drift = checks::drift(foundation).await?;
    report.topics = bus.describe_topics(&names).await?.into_iter().flatten().collect();
    report.groups = groups::look(bus, &report.topics).await?;
    // What is missing is told as drift.
    if report.topics.iter().any(|topic| topic.name == topics::SETTINGS) {
        report.histories = histories::look(&foundation.bus).await?;
    }
    let desk = DeadLetters::new(foundation.bus.clone());
    for name in names.iter().filter(|name| !is_for_dead_letters(name)) {
        report.dead_letters.push(((*name).to_owned(), desk.unsettled(name).await?.len()));
    }
    Ok(())
}
