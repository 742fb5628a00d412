//! The processor's settings, each concern from its own room.

use crate::{attachments::AttachmentConfig, embed::EmbedderChoice, gemini::GeminiConfig, store::StoreConfig};
use jiff::tz::TimeZone;
use rtfm_shared::config::{ConfigError, Env};
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

fn time_zone(env: &Env) -> Result<TimeZone, ConfigError> {
    let variable = "RTFM_TIME_ZONE";
    let Some(name) = env.get(variable) else { return Ok(TimeZone::UTC) };
    TimeZone::get(name).map_err(|_| ConfigError {
        variable: variable.to_owned(),
        fault: format!("must be the name of a time zone, not {name:?}"),
        example: "Europe/Berlin".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_zone_is_utc_unless_it_is_named() {
        assert_eq!(time_zone(&Env::default()).unwrap(), TimeZone::UTC);
        let berlin = time_zone(&Env::of([("RTFM_TIME_ZONE", "Europe/Berlin")])).unwrap();
        assert_eq!(berlin.iana_name(), Some("Europe/Berlin"));
        let error = time_zone(&Env::of([("RTFM_TIME_ZONE", "Mars/Base")])).unwrap_err();
        assert!(error.to_string().starts_with("RTFM_TIME_ZONE must be"), "{error}");
    }
}
