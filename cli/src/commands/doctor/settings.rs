//! Every setting read, and every fault of one told, rather than the first.

use crate::{checks::Check, door};
use rtfm_bot::BotConfig;
use rtfm_memory::store::StoreConfig;
use rtfm_models::gemini::GeminiConfig;
use rtfm_processor::ProcessorConfig;
use rtfm_shared::{
    config::{BusConfig, ConfigError, Env, HttpConfig},
    telemetry::TelemetryConfig,
};
use std::path::Path;

/// What could be read; none where the settings are wrong.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) http: Option<HttpConfig>,
    pub(super) bus: Option<BusConfig>,
    pub(super) store: Option<StoreConfig>,
    /// None inside: not set.
    pub(super) gemini: Option<Option<GeminiConfig>>,
    /// None inside: not set.
    pub(super) bot: Option<Option<BotConfig>>,
    wrong: Vec<ConfigError>,
}

impl Settings {
    pub(super) fn read(env: &Env, directory: &Path) -> Self {
        let mut wrong = Vec::new();
        let mut read = Self {
            http: kept(HttpConfig::from_env(env, Some(door::UP)), &mut wrong),
            bus: kept(BusConfig::from_env(env, directory), &mut wrong),
            store: kept(StoreConfig::from_env(env, directory), &mut wrong),
            gemini: kept(GeminiConfig::from_env(env), &mut wrong),
            bot: kept(BotConfig::from_env(env), &mut wrong),
            wrong: Vec::new(),
        };
        kept(TelemetryConfig::from_env(env, "info"), &mut wrong);
        kept(ProcessorConfig::from_env(env, directory), &mut wrong);
        // The processor's settings contain others', and so their faults.
        for error in wrong {
            if !read.wrong.contains(&error) {
                read.wrong.push(error);
            }
        }
        read
    }

    /// One fault a line, or that there is none.
    pub(super) fn checks(&self) -> Vec<Check> {
        if self.wrong.is_empty() {
            return vec![Check::well("settings", "every setting can be used")];
        }
        self.wrong.iter().map(wrong).collect()
    }

    /// Whether anything is kept in the data directory.
    pub(super) fn uses_directory(&self) -> bool {
        matches!(self.bus, Some(BusConfig::Local { .. })) || matches!(self.store, Some(StoreConfig::Sqlite { .. }))
    }
}

/// A setting that cannot be used.
pub(super) fn wrong(error: &ConfigError) -> Check {
    let what = format!("{} {}", error.variable, error.fault);
    Check::failed("settings", what, format!("for example {}={}", error.variable, error.example))
}

fn kept<T>(read: Result<T, ConfigError>, wrong: &mut Vec<ConfigError>) -> Option<T> {
    read.map_err(|error| wrong.push(error)).ok()
}
