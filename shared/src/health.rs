//! A service's operator endpoints: `/healthz` (it runs), `/readyz` (its dependencies are available) and `/metrics`
//! (Prometheus).

use crate::{
    bus::{self, Bus},
    config::HttpConfig,
    http_server::{self, HttpLimits},
};
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::{BoxFuture, join_all};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Map, Value, json};
use std::{fmt::Display, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

/// A check that takes longer has failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

type Remark = dyn Fn() -> Option<String> + Send + Sync;
type HealthCheck = dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync;

/// A service's checks, remarks and metrics.
#[derive(Default)]
pub struct Health {
    checks: Vec<(&'static str, Box<HealthCheck>)>,
    remarks: Vec<(&'static str, Box<Remark>)>,
    metrics: Option<PrometheusHandle>,
}

impl Health {
    /// A service without dependencies.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check; the service is ready only while all succeed. It runs at each readiness request, for up to two
    /// seconds. Its error's text is shown and must contain no secret.
    #[must_use]
    pub fn check<F, R, E>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let run = move || -> BoxFuture<'static, Result<(), String>> {
            let checking = check();
            Box::pin(async move { checking.await.map_err(|error| error.to_string()) })
        };
        self.checks.push((name, Box::new(run)));
        self
    }

    /// Adds a remark that readiness shows while there is one, for a service that works in a degraded way. It must
    /// contain no secret.
    #[must_use]
    pub fn remark<F>(mut self, name: &'static str, remark: F) -> Self
    where
        F: Fn() -> Option<String> + Send + Sync + 'static,
    {
        self.remarks.push((name, Box::new(remark)));
        self
    }

    /// Adds checks that the bus can be used and has every topic of the catalogue.
    #[must_use]
    pub fn bus(self, bus: &Arc<dyn Bus>) -> Self {
        let (bus, catalogue) = (bus.clone(), bus.clone());
        self.check("bus", move || {
            let bus = bus.clone();
            async move { bus.health().await }
        })
        .check("topics", move || {
            let catalogue = catalogue.clone();
            async move { bus::topics_exist(&*catalogue).await }
        })
    }

    /// Adds the metrics to show.
    #[must_use]
    pub fn metrics(mut self, handle: PrometheusHandle) -> Self {
        self.metrics = Some(handle);
        self
    }

    /// The routes, for a service that serves others too.
    pub fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { Json(json!({"status": "alive"})) }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::new(self))
    }

    /// Serves in a task of its own until `shutdown`. Returns the bound address; `None` when the configuration turns it
    /// off.
    pub async fn serve(self, config: &HttpConfig, shutdown: CancellationToken) -> io::Result<Option<SocketAddr>> {
        let Some(address) = config.address else { return Ok(None) };
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        tokio::spawn(http_server::serve(listener, self.router(), HttpLimits::default(), shutdown));
        tracing::info!(address = %bound, "serving /healthz, /readyz and /metrics");
        Ok(Some(bound))
    }
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let run = |(name, check): &(&'static str, Box<HealthCheck>)| {
        let (name, checking) = (*name, timeout(CHECK_TIMEOUT, check()));
        async move { (name, checking.await.unwrap_or_else(|_| Err(format!("no answer within {CHECK_TIMEOUT:?}")))) }
    };
    let results = join_all(health.checks.iter().map(run)).await;
    let all_well = results.iter().all(|(_, result)| result.is_ok());
    let checks: Map<String, Value> = results
        .into_iter()
        .map(|(name, result)| match result {
            Ok(()) => (name.to_owned(), json!({"ok": true})),
            Err(why) => (name.to_owned(), json!({"ok": false, "why": why})),
        })
        .collect();
    let status = if all_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let remarks = health.remarks.iter().filter_map(|(name, remark)| Some(((*name).to_owned(), remark()?.into())));
    let remarks: Map<String, Value> = remarks.collect();
    let mut body = json!({"ready": all_well, "checks": checks});
    if let (Value::Object(body), false) = (&mut body, remarks.is_empty()) {
        body.insert("remarks".to_owned(), remarks.into());
    }
    (status, Json(body)).into_response()
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    match &health.metrics {
        Some(handle) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
