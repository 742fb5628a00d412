//! The address of health checks and metrics.

use super::{ConfigError, Env};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// `HTTP_ADDR`: where `/healthz`, `/readyz` and `/metrics` listen; `off` for nowhere.
    pub address: Option<SocketAddr>,
}

const fn on_loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

impl HttpConfig {
    /// The default of `rtfm up`; the container images set it for every service.
    pub const UP_ADDRESS: SocketAddr = on_loopback(9600);
    /// The default of `rtfm-bot`.
    pub const BOT_ADDRESS: SocketAddr = on_loopback(9601);
    /// The default of `rtfm-processor`.
    pub const PROCESSOR_ADDRESS: SocketAddr = on_loopback(9602);

    pub fn from_env(env: &Env, default: Option<SocketAddr>) -> Result<Self, ConfigError> {
        match env.get("HTTP_ADDR") {
            None => Ok(Self { address: default }),
            Some(text) if text.eq_ignore_ascii_case("off") => Ok(Self { address: None }),
            Some(text) => text.parse().map(|address| Self { address: Some(address) }).map_err(|_| {
                ConfigError::new(
                    "HTTP_ADDR",
                    format!("must be an address with a port, or off, not {text:?}"),
                    "127.0.0.1:9600",
                )
            }),
        }
    }
}
