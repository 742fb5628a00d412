//! `rtfm health`: whether a running service is alive, for containers that bring no other tool.

use crate::{door, fault::Fault};
use clap::Args;
use rtfm_shared::config::{Env, HttpConfig};
use std::time::Duration;

/// How long a living service may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The address to ask [default: /healthz at HTTP_ADDR, else http://127.0.0.1:9600/healthz]
    #[arg(long)]
    url: Option<String>,
}

impl Health {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let url = match self.url {
            Some(url) => url,
            None => own_url(&super::environment()?)?,
        };
        let (authority, path) = door::parts(&url)?;
        let failed = |fault: String| Fault::Failed(format!("{url}: {fault}"));
        let answer = tokio::time::timeout(PATIENCE, door::get(&authority, &path))
            .await
            .map_err(|_| failed(format!("no word within {} s", PATIENCE.as_secs())))?
            .map_err(|error| failed(error.to_string()))?;
        match answer {
            Some((200..=299, _)) => Ok(()),
            Some((status, _)) => Err(failed(format!("answered with status {status}"))),
            None => Err(failed("did not answer in HTTP".to_owned())),
        }
    }
}

/// The service's own door.
fn own_url(env: &Env) -> Result<String, Fault> {
    let http = HttpConfig::from_env(env, Some(door::UP))?;
    let address = http.address.ok_or_else(|| Fault::Usage("HTTP_ADDR is off: there is no door to ask".to_owned()))?;
    Ok(format!("http://{}/healthz", door::reachable(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_door_is_asked_on_loopback() {
        assert_eq!(own_url(&Env::default()).unwrap(), "http://127.0.0.1:9600/healthz");
        assert_eq!(own_url(&Env::of([("HTTP_ADDR", "0.0.0.0:8080")])).unwrap(), "http://127.0.0.1:8080/healthz");
        assert!(own_url(&Env::of([("HTTP_ADDR", "off")])).is_err());
    }
}
