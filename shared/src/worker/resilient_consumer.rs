//! A consumer that survives an unavailable bus and removal from its group.

use crate::{
    bus::{Bus, BusError, Consumer, ConsumerEvent, Subscription},
    resilience::{Backoff, retry},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

pub(super) enum ReceivedEvent {
    Event(ConsumerEvent),
    /// The consumer is closed and all partitions are lost; a new one must be opened.
    Closed,
}

/// A consumer that can be opened again.
pub(super) struct ResilientConsumer {
    bus: Arc<dyn Bus>,
    subscription: Subscription,
    pub(super) inner: Box<dyn Consumer>,
    faults: Backoff,
    /// The bus is not called before then.
    rest_until: Option<Instant>,
}

impl ResilientConsumer {
    /// Subscribes, with retries; `None` when `shutdown` came first.
    pub(super) async fn open(
        bus: Arc<dyn Bus>,
        subscription: Subscription,
        shutdown: &CancellationToken,
    ) -> Result<Option<Self>, BusError> {
        let consumer = subscribe(&*bus, &subscription, shutdown).await?;
        let faults = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        Ok(consumer.map(|inner| Self { bus, subscription, inner, faults, rest_until: None }))
    }

    /// Subscribes again after the consumer closed; false when `shutdown` came first.
    pub(super) async fn reopen(&mut self, shutdown: &CancellationToken) -> Result<bool, BusError> {
        let consumer = subscribe(&*self.bus, &self.subscription, shutdown).await?;
        Ok(consumer.map(|inner| self.inner = inner).is_some())
    }

    /// The next event. Cancel safe. Logs temporary errors and waits.
    pub(super) async fn next(&mut self) -> Result<ReceivedEvent, BusError> {
        loop {
            if let Some(instant) = self.rest_until {
                sleep_until(instant).await;
                self.rest_until = None;
            }
            match self.inner.next().await {
                Ok(event) => {
                    self.faults.reset();
                    return Ok(ReceivedEvent::Event(event));
                }
                // The consumer of a deleted topic never sees a new topic of that name.
                Err(error @ (BusError::Closed(_) | BusError::UnknownTopic(_) | BusError::UnknownPartition { .. })) => {
                    tracing::warn!(topics = ?self.subscription.topics, %error, "consumer closed, subscribing again");
                    return Ok(ReceivedEvent::Closed);
                }
                Err(error @ BusError::Fatal(_)) => return Err(error),
                Err(error) => {
                    let delay = self.faults.next_delay();
                    tracing::warn!(topics = ?self.subscription.topics, %error, ?delay, "failed to read the bus, retrying");
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
