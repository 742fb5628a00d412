//! `rtfm dlq`: manages dead letters.

mod list;
mod replay_drop;
mod selection;
mod show;
mod time;

use crate::{app_context::AppContext, error::CliError};
use clap::{Args, Subcommand};
use rtfm_shared::dead_letters::{DeadLetters, LetterId};
use selection::{DeadLetterFilter, DeadLetterSelection};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct DlqArgs {
    #[command(subcommand)]
    command: DlqCommand,
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum DlqCommand {
    /// List the dead letters, oldest first within each topic
    List {
        #[command(flatten)]
        filter: DeadLetterFilter,
    },
    /// Show dead letters with their origin, reason and headers
    Show {
        /// Ids from `rtfm dlq list`
        #[arg(required = true, value_name = "ID")]
        ids: Vec<LetterId>,
        /// Also print the content, which may be people's messages and questions
        #[arg(long)]
        content: bool,
    },
    /// Publish dead letters on their original topics again
    Replay {
        #[command(flatten)]
        selection: DeadLetterSelection,
        /// Include letters that were replayed before and failed again
        #[arg(long)]
        again: bool,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Drop dead letters permanently
    Drop {
        #[command(flatten)]
        selection: DeadLetterSelection,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

impl DlqArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        if let DlqCommand::Replay { selection, .. } | DlqCommand::Drop { selection, .. } = &self.command {
            selection.validate()?;
        }
        let context = AppContext::open(env, self.data_dir).await?;
        context.is_reachable().await?;
        let dead_letters = DeadLetters::new(context.bus.clone());
        match self.command {
            DlqCommand::List { filter } => list::run(&dead_letters, &filter, self.json).await,
            DlqCommand::Show { ids, content } => show::run(&dead_letters, &ids, content, self.json).await,
            DlqCommand::Replay { selection, again, yes } => {
                replay_drop::replay(&dead_letters, &selection, again, yes, &context.bus_name(), self.json).await
            }
            DlqCommand::Drop { selection, yes } => {
                replay_drop::drop(&dead_letters, &selection, yes, &context.bus_name(), self.json).await
            }
        }
    }
}
