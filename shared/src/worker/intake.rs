//! The worker's ear: a consumer that lives through an unavailable bus and through being put out of its
//! group.

use crate::{
    bus::{Bus, BusError, Consumer, ConsumerEvent, Subscription},
    resilience::{Backoff, retry},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// What the worker hears.
pub(super) enum IntakeEvent {
    /// Something from the consumer.
    Event(ConsumerEvent),
    /// The consumer is closed: every partition is lost, and a new one is to be opened.
    Closed,
}

/// A consumer and what is needed to get another.
pub(super) struct ResilientConsumer {
    bus: Arc<dyn Bus>,
    subscription: Subscription,
    pub(super) consumer: Box<dyn Consumer>,
    faults: Backoff,
    /// Before this instant the bus is left alone.
    rest_until: Option<Instant>,
}

impl ResilientConsumer {
    /// Subscribes, as often as it takes; none when the worker is to end before that succeeded.
    pub(super) async fn open(
        bus: Arc<dyn Bus>,
        subscription: Subscription,
        shutdown: &CancellationToken,
    ) -> Result<Option<Self>, BusError> {
        let consumer = subscribe(&*bus, &subscription, shutdown).await?;
        let faults = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        Ok(consumer.map(|consumer| Self { bus, subscription, consumer, faults, rest_until: None }))
    }

    /// Subscribes anew after the consumer was closed. False when the worker is to end before that.
    pub(super) async fn reopen(&mut self, shutdown: &CancellationToken) -> Result<bool, BusError> {
        let consumer = subscribe(&*self.bus, &self.subscription, shutdown).await?;
        Ok(consumer.map(|consumer| self.consumer = consumer).is_some())
    }

    /// The next thing to hear. Cancel safe. Faults that waiting may mend are logged and waited out.
    pub(super) async fn next(&mut self) -> Result<IntakeEvent, BusError> {
        loop {
            if let Some(instant) = self.rest_until {
                sleep_until(instant).await;
                self.rest_until = None;
            }
            match self.consumer.next().await {
                Ok(event) => {
                    self.faults.reset();
                    return Ok(IntakeEvent::Event(event));
                }
                // A consumer of a topic that is gone never hears of the topic's successor.
                Err(error @ (BusError::Closed(_) | BusError::UnknownTopic(_) | BusError::UnknownPartition { .. })) => {
                    tracing::warn!(topics = ?self.subscription.topics, %error, "the consumer is at its end: subscribing anew");
                    return Ok(IntakeEvent::Closed);
                }
                Err(error @ BusError::Fatal(_)) => return Err(error),
                Err(error) => {
                    let delay = self.faults.next_delay();
                    tracing::warn!(topics = ?self.subscription.topics, %error, ?delay, "cannot hear the bus: trying again");
                    self.rest_until = Some(Instant::now() + delay);
                }
            }
        }
    }
}

async fn subscribe(
    bus: &dyn Bus,
    subscription: &Subscription,
    shutdown: &CancellationToken,
) -> Result<Option<Box<dyn Consumer>>, BusError> {
    let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
    let retries = |error: &BusError, delay| {
        let may_pass = !matches!(error, BusError::Fatal(_));
        if may_pass {
            tracing::warn!(topics = ?subscription.topics, %error, ?delay, "failed to subscribe, retrying");
        }
        may_pass
    };
    let subscribing = retry(&mut delays, || bus.subscribe(subscription.clone()), retries);
    shutdown.run_until_cancelled(subscribing).await.transpose()
}
