//! A writer that stands still at the worst moment: one upsert is held at the door until the test lets it in.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Where upserts pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    next: Arc<Mutex<Option<Guard>>>,
}

/// Says that the upsert is here, and is told when it may go on.
type Guard = (oneshot::Sender<()>, oneshot::Receiver<()>);

impl Gate {
    pub(super) fn hold(&self) -> HeldUpsert {
        let (here, arrived) = oneshot::channel();
        let (release, go_on) = oneshot::channel();
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some((here, go_on));
        HeldUpsert { arrived, release }
    }

    pub(super) async fn pass(&self) {
        let guard = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((here, go_on)) = guard {
            // A test that no longer looks holds nobody.
            let _ = here.send(());
            let _ = go_on.await;
        }
    }
}

/// The next upsert, which waits.
#[derive(Debug)]
pub struct HeldUpsert {
    arrived: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl HeldUpsert {
    /// Waits until it has come in: its writer has read what it wanted to read before.
    pub async fn arrived(&mut self) {
        (&mut self.arrived).await.expect("an upsert comes in");
    }

    /// Lets it go on.
    pub fn release(self) {
        let _ = self.release.send(());
    }
}
