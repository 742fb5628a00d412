//! What every command takes that looks for something: what, where, and how it is shown.

use crate::{fault::Fault, foundation::Foundation};
use clap::Args;
use rtfm_shared::event::{ChannelId, GuildId};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The question
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) question: String,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// The guild (server) that is meant [default: the only one there is]
    #[arg(long, value_name = "ID")]
    guild: Option<String>,
    /// Only these channels, comma separated [default: every channel of the guild]
    #[arg(long, value_name = "ID", value_delimiter = ',', alias = "channel")]
    channels: Option<Vec<String>>,
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Asked {
    pub(super) fn guild(&self) -> Option<GuildId> {
        self.guild.clone().map(GuildId)
    }

    pub(super) fn channels(&self) -> Option<Vec<ChannelId>> {
        let channels = self.channels.as_ref()?;
        Some(channels.iter().cloned().map(ChannelId).collect())
    }

    /// The bus and the memory that are meant, within reach.
    pub(super) async fn foundation(&self) -> Result<Foundation, Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        let foundation = Foundation::open(env, self.data_dir.clone()).await?;
        foundation.is_reachable().await?;
        foundation.create_topics().await?;
        Ok(foundation)
    }
}
