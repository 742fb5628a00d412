//! The processor's settings, each concern from its own room.

use crate::index::attachments::AttachmentConfig;
use jiff::tz::TimeZone;
use rtfm_memory::store::StoreConfig;
use rtfm_models::{embed::EmbedderChoice, gemini::GeminiConfig};
use rtfm_shared::config::{ConfigError, Env, time_zone};
use std::{path::Path, time::Duration};

/// Everything a processor needs to know.
#[derive(Clone, Debug)]
pub struct ProcessorConfig {
    /// Where messages are kept.
    pub store: StoreConfig,
    /// Who makes vectors.
    pub embedder: EmbedderChoice,
    /// Who writes; without it, answers quote.
    pub gemini: Option<GeminiConfig>,
    /// Whether (`ATTACHMENTS`) and how files on messages are read.
    pub attachments: Option<AttachmentConfig>,
    /// `ANSWER_DEADLINE_SECONDS`: the longest a question may take (default 60).
    pub answer_time_limit: Duration,
    /// `RTFM_TIME_ZONE`: where the days of "yesterday" and "in March" begin (default UTC): Discord does not tell
    /// where people are.
    pub time_zone: TimeZone,
    /// `ANSWER_CONCURRENCY`: questions worked on at once (default 512).
    pub answers_at_once: usize,
}

impl ProcessorConfig {
    /// Reads the environment; the local store and a fetched model live in `data_directory`.
    pub fn from_env(env: &Env, data_directory: &Path) -> Result<Self, ConfigError> {
        let gemini = GeminiConfig::from_env(env)?;
        Ok(Self {
            store: StoreConfig::from_env(env, data_directory)?,
            embedder: EmbedderChoice::from_env(env, data_directory, gemini.is_some())?,
            gemini,
            attachments: AttachmentConfig::from_env(env)?,
            answer_time_limit: env.seconds("ANSWER_DEADLINE_SECONDS", 60, 5..=600)?,
            time_zone: time_zone(env)?,
            answers_at_once: env.number("ANSWER_CONCURRENCY", 512, 1..=10_000)?,
        })
    }
}
