//! Every answer under way, for whoever watches rather than asks.

use super::ClientError;
use crate::{
    bus::{Bus, Consumer, ConsumerEvent, StartAt, Subscription, topics},
    event::{Envelope, Progress},
};

/// What is said on `bot-progress` from its opening on, heard as a lone reader that no group notices.
pub struct Glimpses {
    consumer: Box<dyn Consumer>,
}

impl std::fmt::Debug for Glimpses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glimpses").finish_non_exhaustive()
    }
}

impl Glimpses {
    pub(super) async fn open(bus: &dyn Bus) -> Result<Self, ClientError> {
        let topics = vec![topics::PROGRESS.to_owned()];
        let consumer = bus.subscribe(Subscription { topics, group: None, start: StartAt::Latest }).await?;
        Ok(Self { consumer })
    }

    /// The next glimpse. Cancel safe. What cannot be read is passed over: losing one loses only a glimpse. After
    /// an error open another.
    pub async fn next(&mut self) -> Result<Progress, ClientError> {
        loop {
            if let ConsumerEvent::Record(record) = self.consumer.next().await? {
                match Envelope::<Progress>::decode(&record) {
                    Ok(envelope) => return Ok(envelope.event),
                    Err(error) => tracing::debug!(%error, at = %record.at, "a glimpse cannot be read"),
                }
            }
        }
    }
}
