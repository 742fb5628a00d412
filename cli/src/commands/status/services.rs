//! The services that run on this machine, as they see themselves.

use crate::{checks::PATIENCE, door, fault::Fault};
use rtfm_shared::config::{Env, HttpConfig};
use serde_json::Value;
use std::net::SocketAddr;

/// A service that answers at its door.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) address: SocketAddr,
    pub(super) ready: bool,
    /// What it says of each thing that it needs, as `/readyz` has it.
    pub(super) checks: Value,
}

impl Service {
    /// What it lacks.
    pub(super) fn why(&self) -> String {
        let checks = self.checks.as_object().into_iter().flatten();
        let whys: Vec<_> = checks
            .filter(|(_, check)| check.get("ok") != Some(&Value::Bool(true)))
            .map(|(name, check)| {
                format!("{name}: {}", check.get("why").and_then(Value::as_str).unwrap_or("no reason given"))
            })
            .collect();
        if whys.is_empty() { "it does not say why".to_owned() } else { whys.join("; ") }
    }
}

/// Asks every door where a service may be; where nobody answers, there is none.
pub(super) async fn look(env: &Env) -> Result<Vec<Service>, Fault> {
    let http = HttpConfig::from_env(env, Some(door::UP))?;
    let doors = door::all(&http, env.get("HTTP_ADDR").is_some());
    let asked = doors.into_iter().filter(|door| door.port() != 0).map(|address| async move {
        let answer = tokio::time::timeout(PATIENCE, door::get(&address.to_string(), "/readyz")).await;
        let (status, body) = match answer {
            Ok(Ok(Some(answer))) => answer,
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => return None,
            Ok(_) => (0, String::new()),
            Err(_) => (0, format!(r#"{{"checks":{{"http":{{"ok":false,"why":"no answer within {PATIENCE:?}"}}}}}}"#)),
        };
        let said: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        Some(Service { address, ready: status == 200, checks: said.get("checks").cloned().unwrap_or_default() })
    });
    Ok(futures::future::join_all(asked).await.into_iter().flatten().collect())
}
