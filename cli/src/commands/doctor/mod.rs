//! `rtfm doctor`: every setting and everything that the system stands on, looked at, each fault with what to do.
//! It changes nothing and never prints a secret.

mod directory;
mod http;
mod kafka;
mod settings;
mod unknown;

use crate::{
    checks::{self, Check, Verdict, within},
    fault::Fault,
    foundation::Foundation,
    style::Style,
};
use clap::Args;
use rtfm_memory::store::StoreConfig;
use rtfm_shared::config::{BusConfig, Env, data_directory};
use serde_json::{Value, json};
use settings::Settings;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let checks = match Env::process() {
            Ok(env) => {
                // A log that is configured wrongly is among the faults that are told.
                let _ = super::logging(&env);
                look(&env, self.data_dir).await
            }
            Err(error) => vec![settings::wrong(&error)],
        };
        let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
        let (failed, warnings) = (count(Verdict::Failed), count(Verdict::Warning));
        let mut out = std::io::stdout();
        if self.json {
            let checks = Value::from_iter(checks.iter().map(Check::object));
            writeln!(out, "{}", json!({ "ok": failed == 0, "checks": checks }))?;
        } else {
            checks.iter().flat_map(shown).try_for_each(|line| writeln!(out, "{line}"))?;
            writeln!(out, "{}", Style::of_stdout().bold(&format!("{failed} failed, {warnings} to know")))?;
        }
        if failed == 0 { Ok(()) } else { Err(Fault::Reported) }
    }
}

async fn look(env: &Env, data_dir: Option<PathBuf>) -> Vec<Check> {
    let directory = data_dir.clone().unwrap_or_else(|| data_directory(env));
    let settings = Settings::read(env, &directory);
    let mut checks = settings.checks();
    checks.extend(unknown::look(env));
    if settings.uses_directory() {
        checks.extend(directory::look(&directory));
    } else {
        checks.push(Check::skipped("directory", "nothing is kept on this machine"));
    }
    let (door, bus, store, gemini, discord) = tokio::join!(
        http::look(settings.http.as_ref()),
        bus(env, data_dir, settings.bus.as_ref(), &directory),
        store(settings.store.as_ref()),
        gemini(&settings),
        discord(&settings),
    );
    checks.push(door);
    checks.extend(bus);
    checks.extend([store, gemini, discord]);
    checks
}

async fn bus(env: &Env, data_dir: Option<PathBuf>, config: Option<&BusConfig>, directory: &Path) -> Vec<Check> {
    match config {
        None => return vec![unset("bus")],
        Some(BusConfig::Local { .. }) if !directory.join("bus.sqlite").exists() => {
            let what = format!("local; nothing is in {} yet, `rtfm up` will make it", directory.display());
            return vec![Check::skipped("bus", what)];
        }
        Some(_) => {}
    }
    let foundation = match Foundation::open(env.clone(), data_dir).await {
        Ok(foundation) => foundation,
        Err(fault) => return vec![Check::failed("bus", fault.to_string(), "mend what it says, then look again")],
    };
    let mut checks = config.map(kafka::copies).unwrap_or_default();
    let health = within("bus", checks::bus(&foundation)).await;
    let reached = health.verdict == Verdict::Well;
    checks.insert(0, health);
    if reached {
        checks.extend(kafka::topics(&foundation).await);
    } else {
        checks.push(Check::skipped("topics", "the bus cannot be asked"));
    }
    checks
}

async fn store(config: Option<&StoreConfig>) -> Check {
    match config {
        Some(config) => within("store", checks::store(config)).await,
        None => unset("store"),
    }
}

async fn gemini(settings: &Settings) -> Check {
    match &settings.gemini {
        Some(config) => within("gemini", checks::gemini(config.clone())).await,
        None => unset("gemini"),
    }
}

async fn discord(settings: &Settings) -> Check {
    match &settings.bot {
        Some(config) => within("discord", checks::discord(config.as_ref())).await,
        None => unset("discord"),
    }
}

/// What cannot be looked at, since nobody knows where it is.
fn unset(name: &str) -> Check {
    Check::skipped(name, "its settings are wrong; see above")
}

fn shown(check: &Check) -> Vec<String> {
    let style = Style::of_stdout();
    let mark = match check.verdict {
        Verdict::Well => "ok",
        Verdict::Warning => "to know",
        Verdict::Failed => "FAILED",
        Verdict::Skipped => "unasked",
    };
    let mut lines = vec![format!("{mark:<8} {:<10} {}", check.name, check.what)];
    lines.extend(check.remedy.as_ref().map(|remedy| style.dim(&format!("{:<19} → {remedy}", ""))));
    lines
}
