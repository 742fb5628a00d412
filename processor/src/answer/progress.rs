//! Glimpses of an answer under way, on `bot-progress`: newest wins, a few a second at the most, and
//! never in the way of the answer itself.

use rtfm_shared::{
    bus::Bus,
    event::{Envelope, Progress, Query, Stage},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tracing::Instrument;

/// The least time between two glimpses of one answer. Discord shows one edit a second.
const INTERVAL: Duration = Duration::from_millis(500);

/// Publishes glimpses until it is dropped.
#[derive(Debug)]
pub(crate) struct ProgressFeed {
    newest: watch::Sender<(Stage, String)>,
    publisher: tokio::task::JoinHandle<()>,
}

impl ProgressFeed {
    /// Starts with [`Stage::Searching`].
    pub(crate) fn start(bus: Arc<dyn Bus>, query: &Query, traceparent: Option<String>) -> Self {
        let (newest, mut seen) = watch::channel((Stage::Searching, String::new()));
        let query = query.clone();
        let publishing = async move {
            for sequence in 0.. {
                let (stage, text) = seen.borrow_and_update().clone();
                let glimpse = Progress::of(&query, sequence, stage, &text);
                let envelope = Envelope::new(glimpse, super::SOURCE).caused_by(traceparent.clone());
                match envelope.encode() {
                    // A lost glimpse is no loss: the answer says it all.
                    Ok(record) => {
                        if let Err(error) = bus.publish(record).await {
                            tracing::debug!(%error, query_id = %query.query_id, "a glimpse was not published");
                        }
                    }
                    Err(error) => tracing::debug!(%error, "a glimpse cannot be written"),
                }
                tokio::time::sleep(INTERVAL).await;
                if seen.changed().await.is_err() {
                    return;
                }
            }
        };
        Self { newest, publisher: tokio::spawn(publishing.in_current_span()) }
    }

    /// What is being done now.
    pub(crate) fn stage(&self, stage: Stage) {
        self.newest.send_replace((stage, String::new()));
    }

    /// The text so far.
    pub(crate) fn text(&self, text: String) {
        self.newest.send_replace((Stage::Writing, text));
    }
}

impl Drop for ProgressFeed {
    fn drop(&mut self) {
        self.publisher.abort();
    }
}
