//! `rtfm search`: what a question finds, for people who wonder why.

use crate::{fault::Fault, foundation::Foundation, memory::Memory, search, style::Style};
use clap::Args;
use rtfm_processor::{
    ProcessorConfig, ProcessorError,
    look::{LookError, Sight},
};
use rtfm_shared::{
    event::{ChannelId, GuildId, Query, Scope},
    settings::Settings,
};
use std::{io::Write, path::PathBuf, time::Duration};

/// The longest it may take, as for answers.
const LIMIT: Duration = Duration::from_secs(60);
/// The longest it is waited for what people and guilds decided.
const SETTINGS_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// The question
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    question: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The guild (server) to search [default: the only one there is]
    #[arg(long, value_name = "ID")]
    guild: Option<String>,
    /// Only these channels, comma separated [default: every channel of the guild]
    #[arg(long, value_name = "ID", value_delimiter = ',', alias = "channel")]
    channels: Option<Vec<String>>,
    /// How many messages to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where everything is kept [default: RTFM_DATA_DIR, else ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Search {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let env = super::environment()?;
        super::logging(&env)?;
        let foundation = Foundation::open(env, self.data_dir.clone()).await?;
        foundation.is_reachable().await?;
        foundation.create_topics().await?;
        let config = ProcessorConfig::from_env(&foundation.env, &foundation.data_dir)?;
        let settings = Settings::new(foundation.bus.clone());
        let memory = Memory::open(config, settings.clone()).await?;
        let sight = tokio::select! {
            // Ends only when the bus must be mended.
            error = settings.follow() => return Err(error.into()),
            sight = self.find(&memory, &settings) => sight?,
        };
        let limit = self.limit as usize;
        let shown = match self.json {
            true => search::json(&self.question, &sight, limit).to_string(),
            false => search::text(&sight, limit, Style::of_stdout()),
        };
        writeln!(std::io::stdout(), "{shown}")?;
        Ok(())
    }

    async fn find(&self, memory: &Memory, settings: &Settings) -> Result<Sight, Fault> {
        // What must not be found is not, here as in answers.
        if tokio::time::timeout(SETTINGS_LIMIT, settings.ready()).await.is_err() {
            return Err(Fault::Failed("bot-settings cannot be read; is the bus well? See `rtfm status`".to_owned()));
        }
        let channel_ids = self.channels.iter().flatten().cloned().map(ChannelId).collect();
        let query = Query {
            question: self.question.clone(),
            guild_id: self.guild.clone().map(GuildId),
            scope: Some(Scope { channel_ids, whole_guild: self.channels.is_none() }),
            ..Query::default()
        };
        memory.look.without_model(&query, LIMIT).await.map_err(|error| match error {
            LookError::Ambiguous(guilds) => {
                let ids: Vec<&str> = guilds.iter().map(GuildId::as_str).collect();
                let ids = ids.join(", ");
                Fault::Usage(format!("there are several servers in this memory; choose one with --guild: {ids}"))
            }
            LookError::Memory(error) => ProcessorError::from(error).into(),
        })
    }
}
