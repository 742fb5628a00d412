//! `rtfm`, the command for operators and newcomers: the whole system in one process, imports, questions from the
//! terminal, checks, topics, dead letters, and the evaluation of retrieval. `commands` has one file per command.

#![deny(clippy::print_stderr, clippy::print_stdout)]

mod app_context;
mod checks;
mod commands;
mod confirm;
mod demo;
mod embedded_processor;
mod error;
mod health_client;
mod import;
mod operator_client;
mod output;
mod render;
mod style;
mod table;

use clap::Parser;
use commands::Cli;
use std::{ffi::OsString, process::ExitCode, time::Duration};

pub use error::CliError;

/// Runs the command that the arguments name. The exit code is 0 for success, 1 for a failure, and 2 for a wrong command
/// line or configuration.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version arrive as errors too, but go to standard output. A closed output has no remedy. Only
            // errors repeat arguments.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            let _ = write!(output::stderr(), "{}", error.render());
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return CliError::Failed(format!("failed to start the runtime: {error}")).report(),
    };
    let outcome = runtime.block_on(commands::run(cli));
    // The demonstration's prompt may still block a thread on standard input.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}
