//! The commands, one file each.

mod ask;
mod asked;
mod dlq;
mod doctor;
mod eval;
mod health;
mod import;
mod reindex;
mod search;
mod status;
mod topics;
mod up;

use crate::fault::Fault;
use clap::{Parser, Subcommand};
use rtfm_shared::{
    config::Env,
    telemetry::{self, TelemetryConfig},
};

/// The name in logs and metrics.
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
    /// Run everything in one process: the bus, the memory, the answers, and Discord where a token is set
    Up(up::Up),
    /// Import histories that DiscordChatExporter wrote as JSON
    Import(import::Import),
    /// Index anew what is stored, after a change of the embedder; services may be running
    Reindex(reindex::Reindex),
    /// Ask a question and print the answer with its sources
    Ask(ask::Ask),
    /// Look into the memory: what a question finds, with its ranks and scores, and whether that suffices
    Search(search::Search),
    /// Measure retrieval on evaluation files, beside BM25
    Eval(eval::EvalArgs),
    /// Create, look at, verify and delete the topics
    Topics(topics::Topics),
    /// List, show, put back and drop what could not be handled
    Dlq(dlq::Dlq),
    /// Show how the system is: topics, groups, lag, dead letters, dependencies; exit code 1 when not healthy
    Status(status::Status),
    /// Check every setting and dependency, each fault with what to do; exit code 1 when something fails
    Doctor(doctor::Doctor),
    /// Ask a running service whether it is alive
    Health(health::Health),
}

/// The environment, with `.env` folded in.
fn environment() -> Result<Env, Fault> {
    Ok(Env::process()?)
}

/// Logs on standard error: only trouble, or what the environment asks for. The Kafka client tells of
/// every connection that fails, several times a second; these commands say once what is wrong.
fn logging(env: &Env) -> Result<(), Fault> {
    let mut config = TelemetryConfig::from_env(env, "warn")?;
    if env.get("RUST_LOG").or(env.get("LOG_LEVEL")).is_none() {
        config.filter.push_str(",rtfm_shared::bus::kafka=off");
    }
    telemetry::init(&config, SERVICE)?;
    Ok(())
}

/// Runs one command.
pub(crate) async fn run(cli: Cli) -> Result<(), Fault> {
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
