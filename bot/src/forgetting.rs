//! The way from a person's command to `discord-messages`: what they decided is said there after everything that was
//! heard before it, so that nothing which is still on its way comes after the word that it is to be forgotten.

use rtfm_shared::event::AuthorForgotten;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Somebody is to be forgotten.
pub(crate) struct Forget {
    pub(crate) event: AuthorForgotten,
    pub(crate) traceparent: String,
    /// Told when it is on every partition.
    pub(crate) told: oneshot::Sender<()>,
}

/// Passes it on to whoever listens to the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Forgetting(mpsc::UnboundedSender<Forget>);

impl Forgetting {
    /// The way and its end.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Forget>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Whether it is on every partition after so long. If not, it will be, or the process ends; then the processors
    /// know it from the person's decision itself.
    pub(crate) async fn forget(&self, event: AuthorForgotten, traceparent: String, patience: Duration) -> bool {
        let (told, heard) = oneshot::channel();
        let sent = self.0.send(Forget { event, traceparent, told }).is_ok();
        sent && matches!(tokio::time::timeout(patience, heard).await, Ok(Ok(())))
    }
}
