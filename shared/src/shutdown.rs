//! How a process is asked to end: SIGINT or SIGTERM once for an orderly end, twice for an immediate one.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code after a second signal, as shells use it for an interrupted command.
const INTERRUPTED: i32 = 130;

/// A token that is cancelled by the first SIGINT or SIGTERM. The second ends the process at once. Must be
/// called inside a tokio runtime; signals are heard from when this returns.
pub fn on_signals() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let orderly = token.clone();
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("asked to end: finishing what is under way");
        orderly.cancel();
        either(&mut interrupt, &mut terminate).await;
        tracing::warn!("asked again: ending at once");
        std::process::exit(INTERRUPTED);
    });
    Ok(token)
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
