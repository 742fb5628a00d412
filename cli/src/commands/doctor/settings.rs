//! Reads every setting and reports every error, not only the first.

use crate::checks::Check;
use rtfm_bot::BotConfig;
use rtfm_memory::store::StoreConfig;
use rtfm_models::gemini::GeminiConfig;
use rtfm_processor::ProcessorConfig;
use rtfm_shared::{
    config::{BusConfig, ConfigError, Env, HttpConfig},
    telemetry::TelemetryConfig,
};
use std::path::Path;

/// The valid settings; `None` for each that is wrong.
#[derive(Debug)]
pub(super) struct ParsedSettings {
    pub(super) http: Option<HttpConfig>,
    pub(super) bus: Option<BusConfig>,
    pub(super) store: Option<StoreConfig>,
    /// `Some(None)` if it is not configured.
    pub(super) gemini: Option<Option<GeminiConfig>>,
    /// `Some(None)` if it is not configured.
    pub(super) bot: Option<Option<BotConfig>>,
    errors: Vec<ConfigError>,
}

impl ParsedSettings {
    pub(super) fn read(env: &Env, directory: &Path) -> Self {
        let mut errors = Vec::new();
        let mut read = Self {
            http: parsed(HttpConfig::from_env(env, Some(HttpConfig::UP_ADDRESS)), &mut errors),
            bus: parsed(BusConfig::from_env(env, directory), &mut errors),
            store: parsed(StoreConfig::from_env(env, directory), &mut errors),
            gemini: parsed(GeminiConfig::from_env(env), &mut errors),
            bot: parsed(BotConfig::from_env(env), &mut errors),
            errors: Vec::new(),
        };
        parsed(TelemetryConfig::from_env(env, "info"), &mut errors);
        parsed(ProcessorConfig::from_env(env, directory), &mut errors);
        // The processor's configuration reads other settings again and repeats their errors.
        for error in errors {
            if !read.errors.contains(&error) {
                read.errors.push(error);
            }
        }
        read
    }

    /// One failed check per error, or a passed one.
    pub(super) fn checks(&self) -> Vec<Check> {
        if self.errors.is_empty() {
            return vec![Check::passed("settings", "every setting is valid")];
        }
        self.errors.iter().map(failed).collect()
    }

    /// Whether the bus or the store uses the data directory.
    pub(super) fn uses_directory(&self) -> bool {
        matches!(self.bus, Some(BusConfig::Local { .. })) || matches!(self.store, Some(StoreConfig::Sqlite { .. }))
    }
}

/// The failed check of a wrong setting.
pub(super) fn failed(error: &ConfigError) -> Check {
    let finding = format!("{} {}", error.variable, error.fault);
    Check::failed("settings", finding, format!("for example {}={}", error.variable, error.example))
}

fn parsed<T>(read: Result<T, ConfigError>, errors: &mut Vec<ConfigError>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}
