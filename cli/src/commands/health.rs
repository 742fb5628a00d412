//! `rtfm health`: checks that a running service is alive. Containers have no other tool for it.

use crate::{error::CliError, health_client};
use clap::Args;
use rtfm_shared::config::{Env, HttpConfig};
use std::time::Duration;

/// Time limit of the request.
const TIME_LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// The URL to request [default: /healthz at HTTP_ADDR, else http://127.0.0.1:9600/healthz]
    #[arg(long)]
    url: Option<String>,
}

impl HealthArgs {
    pub(crate) async fn run(self) -> Result<(), CliError> {
        let url = match self.url {
            Some(url) => url,
            None => own_url(&super::environment()?)?,
        };
        let (authority, path) = health_client::split_url(&url)?;
        let failed = |reason: String| CliError::Failed(format!("{url}: {reason}"));
        let response = tokio::time::timeout(TIME_LIMIT, health_client::get(&authority, &path))
            .await
            .map_err(|_| failed(format!("no response within {} s", TIME_LIMIT.as_secs())))?
            .map_err(|error| failed(error.to_string()))?;
        match response {
            Some((200..=299, _)) => Ok(()),
            Some((status, _)) => Err(failed(format!("responded with status {status}"))),
            None => Err(failed("the response is not HTTP".to_owned())),
        }
    }
}

/// The health URL of the service that this environment configures.
fn own_url(env: &Env) -> Result<String, CliError> {
    let http = HttpConfig::from_env(env, Some(HttpConfig::UP_ADDRESS))?;
    let address = http.address.ok_or_else(|| {
        CliError::Usage(
            "HTTP_ADDR is off, so the service has no health endpoint; pass --url to check another".to_owned(),
        )
    })?;
    Ok(format!("http://{}/healthz", health_client::reachable(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_service_is_reached_on_loopback() {
        assert_eq!(own_url(&Env::default()).unwrap(), "http://127.0.0.1:9600/healthz");
        assert_eq!(own_url(&Env::of([("HTTP_ADDR", "0.0.0.0:8080")])).unwrap(), "http://127.0.0.1:8080/healthz");
        assert!(own_url(&Env::of([("HTTP_ADDR", "off")])).is_err());
    }
}
