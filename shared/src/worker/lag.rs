//! Samples the group's lag and the size of its dead-letter topics, now and then because that costs requests.
//!
//! Every member shows the lag of the whole group, so that partitions without a consumer are visible too.

use super::meters;
use crate::bus::{Bus, BusError, Subscription, topics::dead_letter_topic};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// Prometheus's usual scrape interval.
const INTERVAL: Duration = Duration::from_secs(15);
/// Longer after a failure, to spare a struggling bus.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Samples until the handle is dropped; `None` for a lone reader, which has no group.
pub(super) fn sample(bus: Arc<dyn Bus>, subscription: &Subscription) -> Option<AbortOnDropHandle<()>> {
    let (group, topics) = (subscription.group.clone()?, subscription.topics.clone());
    let sampling = async move {
        loop {
            let mut pause = INTERVAL;
            for topic in &topics {
                if let Err(error) = measure(&*bus, &group, topic).await {
                    tracing::debug!(topic, %error, "failed to read the lag");
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
    let dead_letters = dead_letter_topic(topic);
    if let Some(marks) = bus.watermarks(&[&dead_letters]).await?.into_iter().flatten().next() {
        meters::dead_letters(topic, marks.iter().map(|(begin, end)| end - begin).sum());
    }
    Ok(())
}
