//! Progress of an answer on `bot-progress`. Only the newest state is published, at most twice a second, and never
//! delays the answer.

use rtfm_shared::{
    bus::Bus,
    event::{Envelope, Progress, Query, Stage},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tracing::Instrument;

/// The minimum time between two events of one answer; Discord allows about one edit per second.
const INTERVAL: Duration = Duration::from_millis(500);

/// Publishes progress until it is dropped.
#[derive(Debug)]
pub(crate) struct ProgressFeed {
    newest: watch::Sender<(Stage, String)>,
    publisher: tokio::task::JoinHandle<()>,
}

impl ProgressFeed {
    /// Starts the publisher, whose first event reports [`Stage::Searching`].
    pub(crate) fn start(bus: Arc<dyn Bus>, query: &Query, traceparent: Option<String>) -> Self {
        let (newest, mut states) = watch::channel((Stage::Searching, String::new()));
        let query = query.clone();
        let publishing = async move {
            for sequence in 0.. {
                let (stage, text) = states.borrow_and_update().clone();
                let progress = Progress::of(&query, sequence, stage, &text);
                let envelope = Envelope::new(progress, super::SOURCE).caused_by(traceparent.clone());
                match envelope.encode() {
                    // A lost event does no harm, because the answer contains the whole text.
                    Ok(record) => {
                        if let Err(error) = bus.publish(record).await {
                            tracing::debug!(%error, query_id = %query.query_id, "failed to publish progress");
                        }
                    }
                    Err(error) => tracing::debug!(%error, "failed to encode progress"),
                }
                tokio::time::sleep(INTERVAL).await;
                if states.changed().await.is_err() {
                    return;
                }
            }
        };
        Self { newest, publisher: tokio::spawn(publishing.in_current_span()) }
    }

    /// Reports a new stage.
    pub(crate) fn stage(&self, stage: Stage) {
        self.newest.send_replace((stage, String::new()));
    }

    /// Reports the text so far.
    pub(crate) fn text(&self, text: String) {
        self.newest.send_replace((Stage::Writing, text));
    }
}

impl Drop for ProgressFeed {
    fn drop(&mut self) {
        self.publisher.abort();
    }
}
