//! Partial answers to everybody's questions, for programs that watch rather than ask.

use super::ClientError;
use crate::{
    bus::{Bus, Consumer, ConsumerEvent, StartAt, Subscription, topics},
    event::{Envelope, Progress},
};

/// A lone reader of `bot-progress` that affects no group.
pub struct ProgressReader {
    consumer: Box<dyn Consumer>,
}

impl std::fmt::Debug for ProgressReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgressReader").finish_non_exhaustive()
    }
}

impl ProgressReader {
    pub(super) async fn open(bus: &dyn Bus) -> Result<Self, ClientError> {
        let topics = vec![topics::PROGRESS.to_owned()];
        let consumer = bus.subscribe(Subscription { topics, group: None, start: StartAt::Latest }).await?;
        Ok(Self { consumer })
    }

    /// The next partial answer. Cancel safe. Skips unreadable records. After an error open another reader.
    pub async fn next(&mut self) -> Result<Progress, ClientError> {
        loop {
            if let ConsumerEvent::Record(record) = self.consumer.next().await? {
                match Envelope::<Progress>::decode(&record) {
                    Ok(envelope) => return Ok(envelope.event),
                    Err(error) => tracing::debug!(%error, at = %record.at, "failed to decode a partial answer"),
                }
            }
        }
    }
}
