//! The services on this machine, as their readiness endpoints report them.

use crate::{checks::TIME_LIMIT, error::CliError, health_client};
use rtfm_shared::config::{Env, HttpConfig};
use serde_json::Value;
use std::net::SocketAddr;

#[derive(Debug)]
pub(super) struct ServiceStatus {
    pub(super) address: SocketAddr,
    pub(super) ready: bool,
    /// The checks of its dependencies, from `/readyz`.
    pub(super) checks: Value,
}

impl ServiceStatus {
    /// Why it is not ready.
    pub(super) fn reason(&self) -> String {
        let checks = self.checks.as_object().into_iter().flatten();
        let reasons: Vec<_> = checks
            .filter(|(_, check)| check.get("ok") != Some(&Value::Bool(true)))
            .map(|(name, check)| {
                format!("{name}: {}", check.get("why").and_then(Value::as_str).unwrap_or("no reason given"))
            })
            .collect();
        if reasons.is_empty() { "no reason given".to_owned() } else { reasons.join("; ") }
    }
}

/// Requests `/readyz` at every address where a service may listen.
pub(super) async fn collect(env: &Env) -> Result<Vec<ServiceStatus>, CliError> {
    let http = HttpConfig::from_env(env, Some(HttpConfig::UP_ADDRESS))?;
    let addresses = health_client::candidates(&http, env.get("HTTP_ADDR").is_some());
    let requests = addresses.into_iter().filter(|address| address.port() != 0).map(|address| async move {
        let response = tokio::time::timeout(TIME_LIMIT, health_client::get(&address.to_string(), "/readyz")).await;
        let (status, body) = match response {
            Ok(Ok(Some(response))) => response,
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => return None,
            Ok(_) => (0, String::new()),
            Err(_) => (0, format!(r#"{{"checks":{{"http":{{"ok":false,"why":"no answer within {TIME_LIMIT:?}"}}}}}}"#)),
        };
        let readiness: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        Some(ServiceStatus {
            address,
            ready: status == 200,
            checks: readiness.get("checks").cloned().unwrap_or_default(),
        })
    });
    Ok(futures::future::join_all(requests).await.into_iter().flatten().collect())
}
