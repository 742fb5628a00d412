//! The way to `discord-messages` for the word that something is to be forgotten: it is said there after everything that
//! was heard before it, so that nothing which is still on its way comes after it.

use rtfm_shared::event::{AuthorForgotten, MessageEvent};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Somebody is to be forgotten, or a guild.
pub(crate) struct Forget {
    pub(crate) event: Box<MessageEvent>,
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
        let said = self.say(MessageEvent::AuthorForgotten(event), traceparent);
        tokio::time::timeout(patience, said).await.unwrap_or(false)
    }

    /// Returns when it is on every partition, or false when the process ends.
    pub(crate) async fn say(&self, event: MessageEvent, traceparent: String) -> bool {
        let (told, heard) = oneshot::channel();
        self.0.send(Forget { event: Box::new(event), traceparent, told }).is_ok() && heard.await.is_ok()
    }
}
