//! Reads and deletes parts of a partition without a consumer group, for tools.

use super::{Clients, blocking, client, convert, errors, topics};
use crate::bus::{BusError, Record, TopicPartition, access::READERS};
use rdkafka::{
    admin::AdminOptions,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};
use std::time::{Duration, Instant};

/// Time limit of one request.
const ANSWER: Duration = Duration::from_secs(10);
/// Approximate bytes of records in one answer.
const MOST_BYTES: usize = 8 << 20;

/// Reads from an offset up to the current end.
pub(super) async fn read(
    clients: &Clients,
    at: &TopicPartition,
    from: i64,
    most: usize,
) -> Result<Vec<Record>, BusError> {
    let (admin, log_context, at) = (clients.admin()?, clients.log_context(), at.clone());
    let mut settings = client::settings(&clients.config);
    // The group name is unused, and the consumer never joins it.
    settings
        .set("group.id", format!("{READERS}{}", uuid::Uuid::new_v4()))
        .set("enable.auto.commit", "false")
        // Skips records deleted meanwhile.
        .set("auto.offset.reset", "earliest")
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "50")
        .set("queued.max.messages.kbytes", "16384");
    blocking(move || {
        let (begin, end) = ends(admin.inner(), &at)?;
        let from = from.max(begin);
        let mut records = Vec::new();
        if from >= end || most == 0 {
            return Ok(records);
        }
        let fail = |error: KafkaError| errors::from_kafka(&at.topic, &error);
        let consumer: BaseConsumer<client::LogContext> = settings.create_with_context(log_context).map_err(fail)?;
        let list = convert::offsets([(&at, from)]).map_err(fail)?;
        consumer.assign(&list).map_err(fail)?;
        let mut reader = convert::RecordReader::default();
        let (mut bytes, mut deadline) = (0, Instant::now() + ANSWER);
        while records.len() < most && bytes < MOST_BYTES {
            match consumer.poll(deadline.saturating_duration_since(Instant::now())) {
                Some(Ok(message)) => {
                    let record = reader.record(&message);
                    if record.offset >= end {
                        break; // published since
                    }
                    let last = record.offset + 1 >= end;
                    bytes += record.value.as_ref().map_or(0, |value| value.len());
                    records.push(record);
                    if last {
                        break;
                    }
                    deadline = Instant::now() + ANSWER;
                }
                // Offsets at the end may hold no record: compacted, or a transaction marker.
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => return Err(fail(error)),
                None => {
                    return Err(BusError::Unavailable(format!("{at}: no records within {} s", ANSWER.as_secs())));
                }
            }
        }
        Ok(records)
    })
    .await
}

/// Deletes the records before an offset.
pub(super) async fn delete(clients: &Clients, at: &TopicPartition, before: i64) -> Result<(), BusError> {
    let admin = clients.admin()?;
    let (client, asked) = (admin.clone(), at.clone());
    let (begin, end) = blocking(move || ends(client.inner(), &asked)).await?;
    // The broker refuses an offset beyond the end.
    let before = before.min(end);
    if before <= begin {
        return Ok(());
    }
    let fail = |error: KafkaError| errors::from_kafka(&at.topic, &error);
    let list = convert::offsets([(at, before)]).map_err(fail)?;
    let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
    let done = admin.delete_records(&list, &options).await.map_err(fail)?;
    done.elements().iter().try_for_each(|element| element.error()).map_err(fail)
}

/// The partition's first and next offset. Blocks.
fn ends(client: &rdkafka::client::Client<client::LogContext>, at: &TopicPartition) -> Result<(i64, i64), BusError> {
    if !topics::partitions_of(client, &[&*at.topic])?.contains(at) {
        return Err(BusError::UnknownPartition { topic: at.topic.to_string(), partition: at.partition });
    }
    topics::watermarks(client, &at.topic, at.partition)
}
