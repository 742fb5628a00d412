//! Reads bytes as a `.env` file and every setting from it. An error names no secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtfm_processor::ProcessorConfig;
use rtfm_shared::{
    config::{BusConfig, Env, HttpConfig, data_directory, time_zone},
    telemetry::TelemetryConfig,
};
use std::{fmt::Debug, path::Path};

const SECRET: &str = "the-fuzzed-secret";
const SECRETS: [&str; 4] = ["GEMINI_API_KEY", "QDRANT_API_KEY", "KAFKA_SASL_PASSWORD", "DISCORD_TOKEN"];

fn without_secret<T, E: ToString + Debug>(read: Result<T, E>) {
    if let Err(error) = read {
        assert!(!error.to_string().contains(SECRET) && !format!("{error:?}").contains(SECRET), "{error:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    let mut env = Env::default();
    for (name, value) in dotenvy::from_read_iter(data).flatten() {
        env = env.with(&name, &value);
    }
    for name in SECRETS.iter().filter(|name| env.get(name).is_some()).copied().collect::<Vec<_>>() {
        env = env.with(name, SECRET);
    }
    without_secret(BusConfig::from_env(&env, Path::new("data")));
    without_secret(HttpConfig::from_env(&env, None));
    without_secret(TelemetryConfig::from_env(&env, "info"));
    without_secret(ProcessorConfig::from_env(&env, &data_directory(&env)));
    without_secret(time_zone(&env));
});
