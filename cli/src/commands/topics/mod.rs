//! `rtfm topics`: manages the topics of the catalogue.

mod create;
mod delete;
mod show;

use crate::{app_context::AppContext, error::CliError};
use clap::{Args, Subcommand};
use rtfm_shared::bus::{TopicSpec, topics};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct TopicsArgs {
    #[command(subcommand)]
    command: TopicsCommand,
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum TopicsCommand {
    /// Wait for the broker, create missing topics, and verify the others
    Create {
        /// Attempts to reach the broker, about one per second
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
        tries: u32,
    },
    /// List every topic of the bus
    List,
    /// Show partitions, retention and record counts of topics
    Describe {
        /// The topics [default: the whole catalogue]
        topics: Vec<String>,
    },
    /// Compare the topics with the catalogue; exit code 1 if they differ
    Verify,
    /// Delete topics with all their records
    Delete {
        /// The topics [default: every existing topic of the catalogue]
        topics: Vec<String>,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

impl TopicsArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        if let TopicsCommand::Create { tries } = self.command {
            return create::run(env, self.data_dir, tries, self.json).await;
        }
        let context = AppContext::open(env, self.data_dir).await?;
        context.is_reachable().await?;
        match self.command {
            TopicsCommand::Create { .. } => Ok(()),
            TopicsCommand::List => show::list(&context, self.json).await,
            TopicsCommand::Describe { topics } => show::describe(&context, &topics, self.json).await,
            TopicsCommand::Verify => show::verify(&context, self.json).await,
            TopicsCommand::Delete { topics, yes } => delete::run(&context, topics, yes).await,
        }
    }
}

fn catalogue_names() -> Vec<String> {
    topics::catalogue().into_iter().map(|TopicSpec { name, .. }| name).collect()
}
