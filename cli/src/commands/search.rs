//! `rtfm search`: what a question finds, for people who wonder why.

use super::asked::Asked;
use crate::{fault::Fault, search, style::Style};
use clap::Args;
use rtfm_eval::SearchableStore;
use rtfm_processor::{
    ProcessorConfig, ProcessorError,
    look::{LookError, Sight},
};
use rtfm_shared::{
    event::{GuildId, Query, Scope},
    settings::Settings,
};
use std::{io::Write, time::Duration};

/// The longest it may take, as for answers.
const LIMIT: Duration = Duration::from_secs(60);
/// The longest it is waited for what people and guilds decided.
const SETTINGS_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(crate) struct Search {
    #[command(flatten)]
    asked: Asked,
    /// How many messages to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl Search {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let foundation = self.asked.foundation().await?;
        let config = ProcessorConfig::from_env(&foundation.env, &foundation.data_dir)?;
        let settings = Settings::new(foundation.bus.clone());
        let searchable = SearchableStore::open(config, settings.clone()).await?;
        let sight = tokio::select! {
            // Ends only when the bus must be mended.
            error = settings.follow() => return Err(error.into()),
            sight = self.find(&searchable, &settings) => sight?,
        };
        let limit = self.limit as usize;
        let shown = match self.asked.json {
            true => search::json(&self.asked.question, &sight, limit).to_string(),
            false => search::text(&sight, limit, Style::of_stdout()),
        };
        writeln!(std::io::stdout(), "{shown}")?;
        Ok(())
    }

    async fn find(&self, searchable: &SearchableStore, settings: &Settings) -> Result<Sight, Fault> {
        // What must not be found is not, here as in answers.
        if tokio::time::timeout(SETTINGS_LIMIT, settings.ready()).await.is_err() {
            return Err(Fault::Failed("bot-settings cannot be read; is the bus well? See `rtfm status`".to_owned()));
        }
        let channels = self.asked.channels();
        let query = Query {
            question: self.asked.question.clone(),
            guild_id: self.asked.guild(),
            scope: Some(Scope { whole_guild: channels.is_none(), channel_ids: channels.unwrap_or_default() }),
            ..Query::default()
        };
        searchable.retrieval.without_model(&query, LIMIT).await.map_err(|error| match error {
            LookError::Ambiguous(guilds) => {
                let ids: Vec<&str> = guilds.iter().map(GuildId::as_str).collect();
                let ids = ids.join(", ");
                Fault::Usage(format!("there are several servers in this memory; choose one with --guild: {ids}"))
            }
            LookError::Memory(error) => ProcessorError::from(error).into(),
        })
    }
}
