//! `rtfm search`: what a question finds, for people who wonder why.

use super::asked::Asked;
use crate::{fault::Fault, memory::Memory, search, style::Style};
use clap::Args;
use rtfm_processor::{
    ProcessorConfig, ProcessorError,
    retrieve::Sought,
    store::{Filter, VectorStore},
};
use rtfm_shared::{
    event::{GuildId, Query},
    settings::Settings,
};
use std::{io::Write, time::Duration};

/// The longest the question's embedding may take.
const EMBED_LIMIT: Duration = Duration::from_secs(30);
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
        let memory = Memory::open(config, settings.clone()).await?;
        let found = tokio::select! {
            // Ends only when the bus must be mended.
            error = settings.follow() => return Err(error.into()),
            found = self.find(&memory, &settings) => found?,
        };
        let limit = self.limit as usize;
        let shown = match self.asked.json {
            true => search::json(&self.asked.question, &found, limit).to_string(),
            false => search::text(&found, limit, Style::of_stdout()),
        };
        writeln!(std::io::stdout(), "{shown}")?;
        Ok(())
    }

    async fn find(&self, memory: &Memory, settings: &Settings) -> Result<rtfm_processor::retrieve::Found, Fault> {
        // What must not be found is not, here as in answers.
        if tokio::time::timeout(SETTINGS_LIMIT, settings.ready()).await.is_err() {
            return Err(Fault::Failed("bot-settings cannot be read; is the bus well? See `rtfm status`".to_owned()));
        }
        let filter = self.filter(&*memory.store).await?;
        let sought = Sought::of(&Query { question: self.asked.question.clone(), ..Query::default() });
        let vector = memory.retriever.vector(&sought, EMBED_LIMIT).await;
        Ok(memory.retriever.find(&sought, &vector, &filter).await.map_err(ProcessorError::from)?)
    }

    async fn filter(&self, store: &dyn VectorStore) -> Result<Filter, Fault> {
        let guild = self.asked.guild();
        if let Some(channels) = self.asked.channels() {
            return Ok(Filter::channels(guild, channels));
        }
        if guild.is_some() {
            return Ok(Filter::everything(guild));
        }
        match store.guilds().await.map_err(ProcessorError::from)?.as_slice() {
            [] => Ok(Filter::everything(None)),
            [only] => Ok(Filter::everything(Some(only.clone()))),
            several => {
                let ids: Vec<&str> = several.iter().map(GuildId::as_str).collect();
                Err(Fault::Usage(format!(
                    "there are several servers in this memory; choose one with --guild: {}",
                    ids.join(", ")
                )))
            }
        }
    }
}
