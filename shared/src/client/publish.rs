//! Publishes message events.

use super::ClientError;
use crate::{
    bus::{Bus, BusError, OutRecord, Position, topics},
    event::{Envelope, MessageEvent},
};

/// Publishes in order; an event for every partition goes to each.
pub(super) async fn all(bus: &dyn Bus, source: &str, events: Vec<MessageEvent>) -> Result<Vec<Position>, ClientError> {
    let mut partitions = None;
    let mut records = Vec::with_capacity(events.len());
    for event in events {
        let everywhere = event.is_for_every_partition();
        let record = Envelope::new(event, source).encode().map_err(ClientError::Encode)?;
        if !everywhere {
            records.push(record);
            continue;
        }
        let count = match partitions {
            Some(known) => known,
            None => *partitions.insert(count(bus).await?),
        };
        records.extend((0..).take(count).map(|n| OutRecord { partition: Some(n), ..record.clone() }));
    }
    Ok(bus.publish_all(records).await?)
}

async fn count(bus: &dyn Bus) -> Result<usize, BusError> {
    let found = bus.watermarks(&[topics::MESSAGES]).await?.into_iter().flatten().next();
    Ok(found.ok_or_else(|| BusError::UnknownTopic(topics::MESSAGES.to_owned()))?.len())
}
