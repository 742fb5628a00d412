//! Configuration from environment variables: typed structs read through [`Env`], and errors that name the variable, the
//! fault and a valid example.

mod bus;
mod dotenv;
mod env;
mod http;
mod kafka_security;
mod plain_http;
mod time_zone;

pub use bus::{BusConfig, KafkaConfig};
pub use env::{ConfigError, Env};
pub use http::HttpConfig;
pub use kafka_security::{KafkaSasl, KafkaSecurity, KafkaTls};
pub use plain_http::is_loopback;
pub(crate) use plain_http::warn_of_plain_http;
pub use time_zone::time_zone;

/// `RTFM_DATA_DIR`: where the local bus and the local store keep their files (default `./data`).
pub fn data_directory(env: &Env) -> std::path::PathBuf {
    env.get("RTFM_DATA_DIR").unwrap_or("./data").into()
}
