//! The errors of commands and their exit codes. Every message names what happened and, where there is one, the remedy.

use crate::output;
use rtfm_bot::BotError;
use rtfm_eval::EvalError;
use rtfm_processor::ProcessorError;
use rtfm_shared::{bus::BusError, client::ClientError, config::ConfigError, telemetry::TelemetryError};
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command line or a setting is wrong.
    #[error("{0}")]
    Usage(String),
    /// An environment variable is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The bus refused the operation or is unavailable.
    #[error("{0}")]
    Bus(#[from] BusError),
    /// A question was not published or not answered.
    #[error("{0}")]
    Client(#[from] ClientError),
    /// The broker is unreachable.
    #[error("{0}")]
    Unreachable(String),
    /// The processor failed to open or to run.
    #[error("{0}")]
    Processor(#[from] ProcessorError),
    /// The bot failed to start or to run.
    #[error("{0}")]
    Bot(#[from] BotError),
    /// An evaluation failed, by its input or by its environment.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// Logs or metrics cannot be set up.
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    /// The terminal or pipe does not take the output.
    #[error("failed to write the output: {0}")]
    Output(#[from] std::io::Error),
    /// Any other failure, as a message.
    #[error("{0}")]
    Failed(String),
    /// The command printed its failures itself; only the exit code remains.
    #[error("some operations failed")]
    Reported,
}

impl CliError {
    /// Prints the error, unless the command did, and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Reported => ExitCode::from(1),
            // The reader closed the pipe, as `head` does. That is no failure of ours.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            _ => {
                output::print_problem(self);
                ExitCode::from(if self.is_usage() { 2 } else { 1 })
            }
        }
    }

    /// Whether the command line or the configuration is the cause.
    fn is_usage(&self) -> bool {
        match self {
            Self::Usage(_) | Self::Config(_) => true,
            Self::Eval(error) => error.is_usage(),
            _ => false,
        }
    }
}
