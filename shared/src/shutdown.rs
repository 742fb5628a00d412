//! How a process is asked to end: SIGINT or SIGTERM once for an orderly end, twice for an immediate one.

use std::{io, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code after a second signal, as shells use it for an interrupted command.
const INTERRUPTED: i32 = 130;

/// How long a thread may go on that still waits for a server when everything else has ended.
const LINGERING: Duration = Duration::from_secs(1);

/// Runs a service to its end, on a runtime of its own. A blocking call that is still under way then, such as a
/// question to a broker that is away, does not hold up the process.
pub fn run_to_end<F: Future>(service: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(service);
    runtime.shutdown_timeout(LINGERING);
    Ok(outcome)
}

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
