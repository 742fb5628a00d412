//! `rtfm topics`: manages the topics of the catalogue.

mod acls;
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
        /// Also set retention and cleanup of existing topics as the catalogue says; their other settings stay
        #[arg(long)]
        repair: bool,
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
    /// Print the ACLs that each service needs on a Kafka which asks for them
    Acls {
        /// Print them as commands for Kafka's own tool
        #[arg(long, conflicts_with = "json")]
        commands: bool,
        #[command(flatten)]
        users: acls::ServiceUsers,
    },
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
        if let TopicsCommand::Acls { commands, users } = &self.command {
            return acls::run(users, *commands, self.json);
        }
        let env = super::environment()?;
        super::logging(&env)?;
        if let TopicsCommand::Create { tries, repair } = self.command {
            return create::run(env, self.data_dir, tries, repair, self.json).await;
        }
        let context = AppContext::open(env, self.data_dir).await?;
        context.is_reachable().await?;
        match self.command {
            TopicsCommand::Create { .. } | TopicsCommand::Acls { .. } => Ok(()),
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
