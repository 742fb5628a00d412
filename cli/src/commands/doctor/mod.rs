//! `rtfm doctor`: checks every setting and dependency and names a remedy for each problem. It changes nothing and never
//! prints a secret.

mod directory;
mod http;
mod kafka;
mod settings;
mod unknown;

use crate::{
    app_context::AppContext,
    checks::{self, Check, CheckStatus, within},
    error::CliError,
    output::{self, one_line},
    style::Style,
};
use clap::Args;
use rtfm_memory::store::StoreConfig;
use rtfm_shared::config::{BusConfig, Env, data_directory};
use serde_json::{Value, json};
use settings::ParsedSettings;
use std::path::{Path, PathBuf};

/// The remedy for errors that name their own.
const SEE_MESSAGE: &str = "follow the message, then run `rtfm doctor` again";

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl DoctorArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let checks = match Env::process() {
            Ok(env) => {
                // A wrong log setting is among the checks, so it is no reason to stop here.
                let _ = super::logging(&env);
                check_all(&env, self.data_dir).await
            }
            Err(error) => vec![settings::failed(&error)],
        };
        let count = |status| checks.iter().filter(|check| check.status == status).count();
        let (failed, warnings) = (count(CheckStatus::Failed), count(CheckStatus::Warning));
        let mut out = output::stdout();
        if self.json {
            let checks = Value::from_iter(checks.iter().map(Check::to_json));
            out.json(&json!({ "ok": failed == 0, "checks": checks }))?;
        } else {
            checks.iter().flat_map(lines).try_for_each(|line| writeln!(out, "{line}"))?;
            writeln!(out, "{}", Style::of_stdout().bold(&format!("{failed} failed, {warnings} warnings")))?;
        }
        if failed == 0 { Ok(()) } else { Err(CliError::Reported) }
    }
}

async fn check_all(env: &Env, data_dir: Option<PathBuf>) -> Vec<Check> {
    let directory = data_dir.clone().unwrap_or_else(|| data_directory(env));
    let settings = ParsedSettings::read(env, &directory);
    let mut checks = settings.checks();
    checks.extend(unknown::check(env));
    if settings.uses_directory() {
        checks.extend(directory::check(&directory));
    } else {
        checks.push(Check::skipped("directory", "this machine stores nothing"));
    }
    let (health, bus, store, gemini, discord) = tokio::join!(
        http::check(settings.http.as_ref()),
        bus(env, data_dir, settings.bus.as_ref(), &directory),
        store(settings.store.as_ref()),
        gemini(&settings),
        discord(&settings),
    );
    checks.push(health);
    checks.extend(bus);
    checks.extend([store, gemini, discord]);
    checks
}

async fn bus(env: &Env, data_dir: Option<PathBuf>, config: Option<&BusConfig>, directory: &Path) -> Vec<Check> {
    match config {
        None => return vec![unset("bus")],
        Some(BusConfig::Local { .. }) if !directory.join("bus.sqlite").exists() => {
            let finding = format!("local; there is none in {} yet, `rtfm up` creates it", directory.display());
            return vec![Check::skipped("bus", finding)];
        }
        Some(_) => {}
    }
    let context = match AppContext::open(env.clone(), data_dir).await {
        Ok(context) => context,
        Err(error) => return vec![Check::failed("bus", error.to_string(), SEE_MESSAGE)],
    };
    let mut checks = config.map(kafka::replication).unwrap_or_default();
    let health = within("bus", checks::bus(&context)).await;
    let is_reached = health.status == CheckStatus::Passed;
    checks.insert(0, health);
    if is_reached {
        checks.extend(kafka::topics(&context).await);
    } else {
        checks.push(Check::skipped("topics", "the bus is unavailable"));
    }
    checks
}

async fn store(config: Option<&StoreConfig>) -> Check {
    match config {
        Some(config) => within("store", checks::store(config)).await,
        None => unset("store"),
    }
}

async fn gemini(settings: &ParsedSettings) -> Check {
    match &settings.gemini {
        Some(config) => within("gemini", checks::gemini(config.clone())).await,
        None => unset("gemini"),
    }
}

async fn discord(settings: &ParsedSettings) -> Check {
    match &settings.bot {
        Some(config) => within("discord", checks::discord(config.as_ref())).await,
        None => unset("discord"),
    }
}

/// A check that needs a setting that is wrong.
fn unset(name: &str) -> Check {
    Check::skipped(name, "its settings are wrong, see above")
}

fn lines(check: &Check) -> Vec<String> {
    let style = Style::of_stdout();
    let mark = match check.status {
        CheckStatus::Passed => "ok",
        CheckStatus::Warning => "warning",
        CheckStatus::Failed => "FAILED",
        CheckStatus::Skipped => "skipped",
    };
    let mut lines = vec![format!("{mark:<8} {:<10} {}", check.name, one_line(&check.finding))];
    lines.extend(check.remedy.as_ref().map(|remedy| style.dim(&format!("{:<19} → {remedy}", ""))));
    lines
}
