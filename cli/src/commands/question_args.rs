//! The arguments that `rtfm ask` and `rtfm search` share.

use crate::{app_context::AppContext, error::CliError};
use clap::Args;
use rtfm_shared::event::{ChannelId, GuildId};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct QuestionArgs {
    /// The question to ask or to search for
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) question: String,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// The guild (server) to search [default: the only one in the memory]
    #[arg(long, value_name = "ID")]
    guild: Option<String>,
    /// The channels to search, separated by commas [default: every channel of the guild]
    #[arg(long, value_name = "ID", value_delimiter = ',', alias = "channel")]
    channels: Option<Vec<String>>,
    /// The data directory [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl QuestionArgs {
    pub(super) fn guild(&self) -> Option<GuildId> {
        self.guild.clone().map(GuildId)
    }

    pub(super) fn channels(&self) -> Option<Vec<ChannelId>> {
        let channels = self.channels.as_ref()?;
        Some(channels.iter().cloned().map(ChannelId).collect())
    }

    /// Opens the bus, checks that it is reachable, and creates missing topics.
    pub(super) async fn open_context(&self) -> Result<AppContext, CliError> {
        let env = super::environment()?;
        super::logging(&env)?;
        let context = AppContext::open(env, self.data_dir.clone()).await?;
        context.is_reachable().await?;
        context.create_topics().await?;
        Ok(context)
    }
}
