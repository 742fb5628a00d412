//! How far behind the worker's group is, and how much lies on its dead-letter topics: asked of the bus now
//! and then, since it costs requests.
//!
//! Every member shows the whole group's lag, not its own partitions' alone: a partition that nobody
//! consumes is then seen as well.

use super::meters;
use crate::bus::{Bus, BusError, Subscription, topics::dead_letters_of};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// As often as Prometheus usually looks.
const INTERVAL: Duration = Duration::from_secs(15);
/// A bus that does not answer is left alone for longer.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Samples until the handle is dropped. A lone reader has no group that could be behind.
pub(super) fn sample(bus: Arc<dyn Bus>, subscription: &Subscription) -> Option<AbortOnDropHandle<()>> {
    let (group, topics) = (subscription.group.clone()?, subscription.topics.clone());
    let sampling = async move {
        loop {
            let mut pause = INTERVAL;
            for topic in &topics {
                if let Err(error) = measure(&*bus, &group, topic).await {
                    tracing::debug!(topic, %error, "the lag cannot be asked for");
                    pause = AFTER_FAILURE;
                }
            }
            sleep(pause).await;
        }
    };
    Some(AbortOnDropHandle::new(tokio::spawn(sampling)))
}

async fn measure(bus: &dyn Bus, group: &str, topic: &str) -> Result<(), BusError> {
    for lag in bus.lag(group, topic).await? {
        meters::lag(group, topic, lag.at.partition, lag.records());
    }
    let dead_letters = dead_letters_of(topic);
    if let Some(marks) = bus.watermarks(&[&dead_letters]).await?.into_iter().flatten().next() {
        meters::dead_letters(topic, marks.iter().map(|(begin, end)| end - begin).sum());
    }
    Ok(())
}
