//! Serves HTTP so that no client can keep others out: a connection without a request ends soon, and a new connection
//! ends the oldest one where there are too many.

use axum::{Router, serve::Listener};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{collections::VecDeque, pin::pin, time::Duration};
use tokio::{net::TcpListener, select};
use tokio_util::sync::CancellationToken;

/// What the clients of a server may take.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// How long a connection may take to send the head of a request, the first or the next.
    pub head_time: Duration,
    /// The most open connections. The oldest ends for a new one, so that many idle clients cannot lock out another.
    pub connections: usize,
}

impl Default for HttpLimits {
    /// Longer than the interval of a Prometheus, and more than an operator's tools and browsers need.
    fn default() -> Self {
        Self { head_time: Duration::from_secs(30), connections: 128 }
    }
}

/// Serves the routes until `shutdown`; requests in progress are answered.
pub async fn serve(mut listener: TcpListener, routes: Router, limits: HttpLimits, shutdown: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    let mut open = VecDeque::new();
    while let Some((stream, _)) = shutdown.run_until_cancelled(Listener::accept(&mut listener)).await {
        open.retain(|connection: &tokio::task::JoinHandle<()>| !connection.is_finished());
        if open.len() >= limits.connections
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes.clone()));
        let shutdown = shutdown.clone();
        open.push_back(tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = select! {
                ended = connection.as_mut() => ended,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }));
    }
}
