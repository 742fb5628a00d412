//! `rtfm search`: shows what retrieval finds for a question, and why.

use super::question_args::QuestionArgs;
use crate::{error::CliError, output, render, style::Style};
use clap::Args;
use rtfm_memory::retrieval::{AttemptResult, RetrievalError};
use rtfm_processor::{ProcessorConfig, ProcessorError, SearchableStore};
use rtfm_shared::{
    event::{GuildId, Query, Scope},
    settings::Settings,
};
use std::time::Duration;

/// Time limit of the search, as for answers.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Time limit for reading the settings of guilds and users.
const SETTINGS_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    #[command(flatten)]
    question: QuestionArgs,
    /// How many messages to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl SearchArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let context = self.question.open_context().await?;
        let config = ProcessorConfig::from_env(&context.env, &context.data_dir)?;
        let settings = Settings::new(context.bus.clone());
        let searchable = SearchableStore::open(&config, settings.clone()).await?;
        let result = tokio::select! {
            // Returns only when the bus fails.
            error = settings.follow() => return Err(error.into()),
            result = self.find(&searchable, &settings) => result?,
        };
        let limit = self.limit as usize;
        let mut out = output::stdout();
        if self.question.json {
            out.json(&render::search::json(&self.question.question, &result, limit))?;
        } else {
            writeln!(out, "{}", render::search::text(&result, limit, Style::of_stdout()))?;
        }
        Ok(())
    }

    async fn find(&self, searchable: &SearchableStore, settings: &Settings) -> Result<AttemptResult, CliError> {
        // Opt-outs and hidden channels apply here as in answers, so the settings must be known first.
        if tokio::time::timeout(SETTINGS_LIMIT, settings.ready()).await.is_err() {
            return Err(CliError::Failed(
                "failed to read bot-settings in time; check the bus with `rtfm status`".to_owned(),
            ));
        }
        let channels = self.question.channels();
        let query = Query {
            question: self.question.question.clone(),
            guild_id: self.question.guild(),
            scope: Some(Scope { whole_guild: channels.is_none(), channel_ids: channels.unwrap_or_default() }),
            ..Query::default()
        };
        searchable.retrieval.retrieve(&query, TIME_LIMIT).await.map_err(|error| match error {
            RetrievalError::Ambiguous(guilds) => {
                let ids: Vec<&str> = guilds.iter().map(GuildId::as_str).collect();
                let ids = ids.join(", ");
                CliError::Usage(format!("the memory holds several servers; choose one with --guild: {ids}"))
            }
            RetrievalError::Store(error) => ProcessorError::from(error).into(),
        })
    }
}
