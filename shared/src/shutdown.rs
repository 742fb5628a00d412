//! Shutdown: the first SIGINT or SIGTERM ends the process in order, the second at once.

use std::{io, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code after a second signal, as shells use it for an interrupted command.
const INTERRUPTED: i32 = 130;

/// How long blocking threads may outlast the service.
const LINGERING: Duration = Duration::from_secs(1);

/// Runs a service on a runtime of its own. A blocking call still in progress at the end, such as a request to an
/// unreachable broker, does not delay the process.
pub fn run_to_end<F: Future>(service: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(service);
    runtime.shutdown_timeout(LINGERING);
    Ok(outcome)
}

/// A token that the first SIGINT or SIGTERM cancels; the second ends the process at once. Must be called in a tokio
/// runtime; signals are handled from its return on.
pub fn on_signals() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let orderly = token.clone();
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("shutting down: finishing work in flight");
        orderly.cancel();
        either(&mut interrupt, &mut terminate).await;
        tracing::warn!("second signal: ending at once");
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_blocked_thread_holds_up_no_end() {
        let (free, blocked) = mpsc::channel::<()>();
        let outcome = run_to_end(async {
            tokio::task::spawn_blocking(move || blocked.recv());
            7
        });
        assert_eq!(outcome.unwrap(), 7, "the thread is still blocked: whoever would free it is here");
        drop(free);
    }
}
