//! The thread of the gateway connections, with a runtime of its own, so that no other work of the process delays
//! heartbeats.

use crate::BotError;
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Thread {
    runtime: Handle,
    _lives: DropGuard,
}

impl Thread {
    pub(crate) fn start() -> Result<Self, BotError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(BotError::Thread)?;
        let handle = runtime.handle().clone();
        let end = CancellationToken::new();
        let lives = end.clone().drop_guard();
        let run = move || runtime.block_on(end.cancelled());
        std::thread::Builder::new().name("discord-gateway".to_owned()).spawn(run).map_err(BotError::Thread)?;
        Ok(Self { runtime: handle, _lives: lives })
    }

    /// Runs this on the thread.
    pub(crate) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.runtime.spawn(work)
    }
}
