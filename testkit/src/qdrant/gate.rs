//! Holds one request until the test releases it, to stop a writer at the worst moment.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// The gate that the requests of one kind pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    next: Arc<Mutex<Option<Guard>>>,
}

/// Reports the arrival of the request, and receives its release.
type Guard = (oneshot::Sender<()>, oneshot::Receiver<()>);

impl Gate {
    pub(super) fn hold(&self) -> HeldRequest {
        let (here, arrived) = oneshot::channel();
        let (release, go_on) = oneshot::channel();
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some((here, go_on));
        HeldRequest { arrived, release }
    }

    pub(super) async fn pass(&self) {
        let guard = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((here, go_on)) = guard {
            // A test that dropped the gate holds no upsert.
            let _ = here.send(());
            let _ = go_on.await;
        }
    }
}

/// The next request, which waits.
#[derive(Debug)]
pub struct HeldRequest {
    arrived: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl HeldRequest {
    /// Waits for its arrival, after the writer's earlier reads.
    pub async fn arrived(&mut self) {
        (&mut self.arrived).await.expect("the request comes in");
    }

    /// Releases it.
    pub fn release(self) {
        let _ = self.release.send(());
    }
}
