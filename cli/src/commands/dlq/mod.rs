//! `rtfm dlq`: what could not be handled, looked after.

mod choose;
mod list;
mod settle;
mod show;
mod when;

use crate::{fault::Fault, foundation::Foundation};
use choose::{Choice, Filter};
use clap::{Args, Subcommand};
use rtfm_shared::dead_letters::{DeadLetters, LetterId};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Dlq {
    #[command(subcommand)]
    action: Action,
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what waits on the dead-letter topics, oldest first
    List {
        #[command(flatten)]
        filter: Filter,
    },
    /// Show all that is known of some: where they came from, why, and their headers
    Show {
        /// As `list` names them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<LetterId>,
        /// Print what they say, too: people's messages and questions
        #[arg(long)]
        content: bool,
    },
    /// Put them back on the topics they came from, to be handled again
    Replay {
        #[command(flatten)]
        choice: Choice,
        /// Those, too, that were put back before and died again
        #[arg(long)]
        again: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Lose them for good
    Drop {
        #[command(flatten)]
        choice: Choice,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Dlq {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        if let Action::Replay { choice, .. } | Action::Drop { choice, .. } = &self.action {
            choice.is_made()?;
        }
        let foundation = Foundation::open(env, self.data_dir).await?;
        foundation.is_reachable().await?;
        let desk = DeadLetters::new(foundation.bus.clone());
        match self.action {
            Action::List { filter } => list::run(&desk, &filter, self.json).await,
            Action::Show { ids, content } => show::run(&desk, &ids, content, self.json).await,
            Action::Replay { choice, again, yes } => {
                settle::replay(&desk, &choice, again, yes, &foundation.bus_name(), self.json).await
            }
            Action::Drop { choice, yes } => settle::drop(&desk, &choice, yes, &foundation.bus_name(), self.json).await,
        }
    }
}
