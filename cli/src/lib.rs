//! `rtfm`, the operator's and the newcomer's command: everything in one process, histories in,
//! questions from the terminal, how good the answers' evidence is, and the topics. One file a command in `commands`.

mod ask;
mod checks;
mod commands;
mod confirm;
mod demo;
mod door;
mod evaluation_table;
mod fault;
mod foundation;
mod import;
mod search;
mod stand_in;
mod style;
mod table;

use clap::Parser;
use commands::Cli;
use std::{ffi::OsString, process::ExitCode, time::Duration};

pub use fault::Fault;

/// Runs the command that these arguments ask for and gives the exit code: 0 when it was done, 1 when
/// something failed, 2 when it was asked or configured wrongly.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors and go to standard output; nothing can be done where
            // even that is closed.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Fault::Failed(format!("the runtime cannot start: {error}")).report(),
    };
    let outcome = runtime.block_on(commands::run(cli));
    // A thread that still waits for somebody to type must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}
