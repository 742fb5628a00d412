//! The commands, one file each.

mod ask;
mod dlq;
mod doctor;
mod eval;
mod health;
mod import;
mod question_args;
mod reindex;
mod search;
mod status;
mod topics;
mod up;

use crate::error::CliError;
use clap::{Parser, Subcommand};
use rtfm_shared::{
    config::Env,
    telemetry::{self, TelemetryConfig},
};

/// The service's name in logs and metrics.
const SERVICE: &str = "rtfm";

/// A memory for a Discord server.
#[derive(Debug, Parser)]
#[command(name = "rtfm", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in one process: bus, store, processor, and the Discord bot if a token is set
    Up(up::UpArgs),
    /// Import channel histories from DiscordChatExporter's JSON files
    Import(import::ImportArgs),
    /// Reindex the stored messages after a change of the embedder; services may keep running
    Reindex(reindex::ReindexArgs),
    /// Ask a question and print the answer with its sources
    Ask(ask::AskArgs),
    /// Search the memory: show what a question finds, with ranks and scores, and whether it suffices for an answer
    Search(search::SearchArgs),
    /// Evaluate retrieval on evaluation files, next to a BM25 baseline
    Eval(eval::EvalArgs),
    /// Create, show, verify and delete topics
    Topics(topics::TopicsArgs),
    /// List, show, replay and drop dead letters
    Dlq(dlq::DlqArgs),
    /// Show the system's state: topics, groups, lag, dead letters, dependencies; exit code 1 if it is not healthy
    Status(status::StatusArgs),
    /// Check every setting and dependency and name remedies; exit code 1 if a check fails
    Doctor(doctor::DoctorArgs),
    /// Check that a running service is alive
    Health(health::HealthArgs),
}

/// The process's environment, merged with `.env`.
fn environment() -> Result<Env, CliError> {
    Ok(Env::process()?)
}

/// Logs to standard error, at the level that the environment sets, else warnings only. Without such a setting, the Kafka
/// client's log is off: it repeats every failed connection several times a second, and the commands report it once.
fn logging(env: &Env) -> Result<(), CliError> {
    let mut config = TelemetryConfig::from_env(env, "warn")?;
    if env.get("RUST_LOG").or(env.get("LOG_LEVEL")).is_none() {
        config.filter.push_str(",rtfm_shared::bus::kafka=off");
    }
    telemetry::init(&config, SERVICE)?;
    Ok(())
}

pub(crate) async fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Up(up) => up.run().await,
        Command::Import(import) => import.run().await,
        Command::Reindex(reindex) => reindex.run().await,
        Command::Ask(ask) => ask.run().await,
        Command::Search(search) => search.run().await,
        Command::Eval(eval) => eval.run().await,
        Command::Topics(topics) => topics.run().await,
        Command::Dlq(dlq) => dlq.run().await,
        Command::Status(status) => status.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Health(health) => health.run().await,
    }
}
