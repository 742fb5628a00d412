//! What can go wrong with a command, and the exit code that says so: 1 for what failed, 2 for what was
//! asked or configured wrongly. Every text names the thing and, where there is one, the remedy.

use rtfm_bot::BotError;
use rtfm_eval::EvalError;
use rtfm_processor::ProcessorError;
use rtfm_shared::{bus::BusError, client::ClientError, config::ConfigError, telemetry::TelemetryError};
use std::process::ExitCode;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The command line or a setting is wrong.
    #[error("{0}")]
    Usage(String),
    /// A variable of the environment is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The bus refused or is away.
    #[error("{0}")]
    Bus(#[from] BusError),
    /// A question or message did not get through.
    #[error("{0}")]
    Client(#[from] ClientError),
    /// The broker is away.
    #[error("{0}")]
    Unreachable(String),
    /// The processor could not be opened or stopped.
    #[error("{0}")]
    Processor(#[from] ProcessorError),
    /// The bot could not start or stopped.
    #[error("{0}")]
    Bot(#[from] BotError),
    /// An evaluation failed.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// Logs or metrics could not be set up.
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    /// The terminal or pipe that the result goes to.
    #[error("the result cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
    /// It was said already, piece by piece; only the exit code is left.
    #[error("not everything was done")]
    Reported,
}

impl Fault {
    /// Whether the command line or the configuration is the cause.
    fn is_usage(&self) -> bool {
        match self {
            Self::Usage(_) | Self::Config(_) => true,
            Self::Eval(error) => error.is_usage(),
            _ => false,
        }
    }

    /// Says it, unless it was said, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Reported => ExitCode::from(1),
            // Whoever read our output has gone away, as `head` does: not our failure.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            _ => {
                eprintln!("rtfm: {self}");
                ExitCode::from(if self.is_usage() { 2 } else { 1 })
            }
        }
    }
}
