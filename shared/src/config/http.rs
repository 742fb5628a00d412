//! The address of health checks and metrics.

use super::{ConfigError, Env};
use std::net::SocketAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// `HTTP_ADDR`: where `/healthz`, `/readyz` and `/metrics` listen; `off` for nowhere.
    pub address: Option<SocketAddr>,
}

impl HttpConfig {
    pub fn from_env(env: &Env, default: Option<SocketAddr>) -> Result<Self, ConfigError> {
        match env.get("HTTP_ADDR") {
            None => Ok(Self { address: default }),
            Some(text) if text.eq_ignore_ascii_case("off") => Ok(Self { address: None }),
            Some(text) => text.parse().map(|address| Self { address: Some(address) }).map_err(|_| ConfigError {
                variable: "HTTP_ADDR".to_owned(),
                fault: format!("must be an address with a port, or off, not {text:?}"),
                example: "127.0.0.1:9600".to_owned(),
            }),
        }
    }
}
