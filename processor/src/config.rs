//! The processor's settings, read from the environment.

use crate::index::attachments::AttachmentConfig;
use jiff::tz::TimeZone;
use rtfm_memory::store::StoreConfig;
use rtfm_models::{embed::EmbedderChoice, gemini::GeminiConfig};
use rtfm_shared::config::{ConfigError, Env, time_zone};
use std::{path::Path, time::Duration};

/// All settings of a processor.
#[derive(Clone, Debug)]
pub struct ProcessorConfig {
    /// The store of messages and vectors.
    pub store: StoreConfig,
    /// The embedder that `EMBEDDER` selects.
    pub embedder: EmbedderChoice,
    /// The Gemini API; without it, answers quote messages.
    pub gemini: Option<GeminiConfig>,
    /// How files on messages are read; `None` when `ATTACHMENTS` turns that off.
    pub attachments: Option<AttachmentConfig>,
    /// `ANSWER_DEADLINE_SECONDS`: the time limit of an answer (default 60).
    pub answer_time_limit: Duration,
    /// `RTFM_TIME_ZONE`: the zone in which "yesterday" and "in March" begin (default UTC). Discord does not report
    /// people's time zones.
    pub time_zone: TimeZone,
    /// `ANSWER_CONCURRENCY`: questions answered at once (default 512).
    pub answer_concurrency: usize,
}

impl ProcessorConfig {
    /// Reads the environment. The local store and a downloaded model are kept in `data_directory`.
    pub fn from_env(env: &Env, data_directory: &Path) -> Result<Self, ConfigError> {
        let gemini = GeminiConfig::from_env(env)?;
        Ok(Self {
            store: StoreConfig::from_env(env, data_directory)?,
            embedder: EmbedderChoice::from_env(env, data_directory, gemini.is_some())?,
            gemini,
            attachments: AttachmentConfig::from_env(env)?,
            answer_time_limit: env.seconds("ANSWER_DEADLINE_SECONDS", 60, 5..=600)?,
            time_zone: time_zone(env)?,
            answer_concurrency: env.number("ANSWER_CONCURRENCY", 512, 1..=10_000)?,
        })
    }
}
