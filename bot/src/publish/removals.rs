//! Removals of people and guilds on `discord-messages`: published after every earlier event, so that nothing which is
//! still on its way comes after the removal.

use rtfm_shared::event::{AuthorForgotten, MessageEvent};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Removals that wait for the intake; further senders wait.
const WAITING: usize = 64;

/// The removal of a person or a guild.
pub(crate) struct PendingRemoval {
    pub(crate) event: Box<MessageEvent>,
    pub(crate) traceparent: String,
    /// Used when it is on every partition.
    pub(crate) done: oneshot::Sender<()>,
}

/// Passes removals to the intake, which publishes them in order with Discord's events.
#[derive(Clone, Debug)]
pub(crate) struct Removals(mpsc::Sender<PendingRemoval>);

impl Removals {
    pub(crate) fn new() -> (Self, mpsc::Receiver<PendingRemoval>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Whether a person's removal is on every partition after so long. If not, it will be, or the process ends; then
    /// the processors take it from the person's decision itself.
    pub(crate) async fn remove_within(&self, event: AuthorForgotten, traceparent: String, timeout: Duration) -> bool {
        let removed = self.remove(MessageEvent::AuthorForgotten(event), traceparent);
        tokio::time::timeout(timeout, removed).await.unwrap_or(false)
    }

    /// Returns when the removal is on every partition, or false when the process ends.
    pub(crate) async fn remove(&self, event: MessageEvent, traceparent: String) -> bool {
        let (done, published) = oneshot::channel();
        self.0.send(PendingRemoval { event: Box::new(event), traceparent, done }).await.is_ok()
            && published.await.is_ok()
    }
}
