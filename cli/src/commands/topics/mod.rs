//! `rtfm topics`: the catalogue, made and looked after.

mod create;
mod delete;
mod show;

use crate::{fault::Fault, foundation::Foundation};
use clap::{Args, Subcommand};
use rtfm_shared::bus::{TopicSpec, topics};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Topics {
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
    /// Create the topics that do not exist, waiting for the broker, and verify the rest
    Create {
        /// How often to try while the broker cannot be reached, about once a second
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
        tries: u32,
    },
    /// List every topic there is
    List,
    /// Show partitions, retention and how many records topics hold
    Describe {
        /// The topics [default: all of the catalogue]
        topics: Vec<String>,
    },
    /// Compare the topics with the catalogue; exit code 1 when they differ
    Verify,
    /// Delete topics with all their records
    Delete {
        /// The topics [default: all of the catalogue that exist]
        topics: Vec<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Topics {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        if let Action::Create { tries } = self.action {
            return create::run(env, self.data_dir, tries, self.json).await;
        }
        let foundation = Foundation::open(env, self.data_dir).await?;
        foundation.is_reachable().await?;
        match self.action {
            Action::Create { .. } => Ok(()),
            Action::List => show::list(&foundation, self.json).await,
            Action::Describe { topics } => show::describe(&foundation, &topics, self.json).await,
            Action::Verify => show::verify(&foundation, self.json).await,
            Action::Delete { topics, yes } => delete::run(&foundation, topics, yes).await,
        }
    }
}

fn catalogue_names() -> Vec<String> {
    topics::catalogue().into_iter().map(|TopicSpec { name, .. }| name).collect()
}
