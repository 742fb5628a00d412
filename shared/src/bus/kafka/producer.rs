//! The producer.

use super::{
    client::{self, LogContext, ReportedErrors},
    convert, errors,
};
use crate::{
    bus::{BusError, MAX_DEAD_LETTER_BYTES, OutRecord, Position},
    config::KafkaConfig,
};
use parking_lot::RwLock;
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _},
};
use std::{sync::Arc, time::Duration};

/// How long a record waits in the client for a broker.
const DELIVERY: Duration = Duration::from_secs(30);
/// How long a missing topic may take to become known.
const PROPAGATION: Duration = Duration::from_secs(2);
/// Time between two attempts on a full queue; every acknowledged batch makes room.
const FULL: Duration = Duration::from_millis(5);

type NativeProducer = FutureProducer<LogContext>;

/// An idempotent producer that is replaced after a fatal error.
pub(super) struct Producer {
    config: KafkaConfig,
    reported: Arc<ReportedErrors>,
    native: RwLock<NativeProducer>,
}

impl Producer {
    pub(super) fn new(config: &KafkaConfig, reported: &Arc<ReportedErrors>) -> Result<Self, BusError> {
        let native = create(config, reported)?;
        Ok(Self { config: config.clone(), reported: reported.clone(), native: RwLock::new(native) })
    }

    pub(super) async fn publish(&self, record: &OutRecord) -> Result<Position, BusError> {
        record.check_size()?;
        let native = self.native();
        let delivery = enqueue(&native, record).await;
        self.settle(&native, record, delivery).await
    }

    /// Publishes records, queueing all in order before awaiting the first.
    pub(super) async fn publish_all(&self, records: &[OutRecord]) -> Result<Vec<Position>, BusError> {
        for record in records {
            record.check_size()?;
        }
        let native = self.native();
        let mut deliveries = Vec::with_capacity(records.len());
        for record in records {
            deliveries.push(enqueue(&native, record).await);
        }
        let mut positions = Vec::with_capacity(records.len());
        for (record, delivery) in records.iter().zip(deliveries) {
            positions.push(self.settle(&native, record, delivery).await?);
        }
        Ok(positions)
    }

    /// The current client, also for metadata.
    pub(super) fn native(&self) -> NativeProducer {
        self.native.read().clone()
    }

    async fn settle(
        &self,
        native: &NativeProducer,
        record: &OutRecord,
        delivery: Result<DeliveryFuture, KafkaError>,
    ) -> Result<Position, BusError> {
        match delivered(delivery).await {
            Ok(position) => {
                self.reported.clear();
                Ok(position)
            }
            Err(error) => self.failed(native, record, error).await,
        }
    }

    async fn failed(
        &self,
        native: &NativeProducer,
        record: &OutRecord,
        error: KafkaError,
    ) -> Result<Position, BusError> {
        if native.client().fatal_error().is_some() {
            self.replace(native)?;
            return Err(BusError::Unavailable(format!("{}: {error}", record.topic)));
        }
        match (errors::code_of(&error), record.partition) {
            (Some(RDKafkaErrorCode::UnknownPartition), Some(partition)) => {
                Err(BusError::UnknownPartition { topic: record.topic.clone(), partition })
            }
            // librdkafka remembers for minutes that a topic was missing, though it may exist by now.
            (Some(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition), _)
                if self.look_again(native, &record.topic).await =>
            {
                let delivery = enqueue(native, record).await;
                delivered(delivery).await.map_err(|error| errors::from_kafka(&record.topic, &error))
            }
            (Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::MessageBatchTooLarge), _) => {
                let (topic, size) = (record.topic.clone(), record.size());
                Err(BusError::TooLarge { topic, size, limit: crate::bus::MAX_RECORD_BYTES })
            }
            _ => Err(errors::from_kafka(&record.topic, &error)),
        }
    }

    /// Whether the topic exists; the request refreshes the client's metadata.
    async fn look_again(&self, native: &NativeProducer, topic: &str) -> bool {
        let (native, topic) = (native.clone(), topic.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let metadata = native.client().fetch_metadata(Some(&topic), PROPAGATION).ok()?;
            metadata.topics().first().map(|found| found.error().is_none() && !found.partitions().is_empty())
        });
        matches!(found.await, Ok(Some(true)))
    }

    /// Replaces a producer that accepts nothing after a fatal error.
    fn replace(&self, failed: &NativeProducer) -> Result<(), BusError> {
        let mut current = self.native.write();
        if std::ptr::eq(current.client(), failed.client()) {
            tracing::warn!("kafka: replacing the producer after a fatal error");
            *current = create(&self.config, &self.reported)?;
        }
        Ok(())
    }
}

fn create(config: &KafkaConfig, reported: &Arc<ReportedErrors>) -> Result<NativeProducer, BusError> {
    client::settings(config)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", config.compression)
        // The partitioner of Kafka's Java clients.
        .set("partitioner", "murmur2_random")
        .set("linger.ms", config.linger.as_millis().to_string())
        .set("message.timeout.ms", DELIVERY.as_millis().to_string())
        // librdkafka compares this before compression; `check_size` limits our own records. Batches of several stay
        // below `batch.size` (1 MB), which a stock broker accepts.
        .set("message.max.bytes", (MAX_DEAD_LETTER_BYTES + (1 << 20)).to_string())
        .set("topic.metadata.propagation.max.ms", PROPAGATION.as_millis().to_string())
        .set("queue.buffering.max.kbytes", "65536")
        .create_with_context(LogContext(reported.clone()))
        .map_err(|error| errors::from_kafka("a Kafka producer", &error))
}

/// Queues the record in the client; waits while the queue is full.
async fn enqueue(native: &NativeProducer, record: &OutRecord) -> Result<DeliveryFuture, KafkaError> {
    let mut message: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&record.topic);
    message.partition = record.partition;
    message.key = record.key.as_deref();
    message.payload = record.value.as_deref();
    message.headers = convert::headers(&record.headers);
    loop {
        match native.send_result(message) {
            Ok(delivery) => return Ok(delivery),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                message = back;
                tokio::time::sleep(FULL).await;
            }
            Err((error, _)) => return Err(error),
        }
    }
}

async fn delivered(delivery: Result<DeliveryFuture, KafkaError>) -> Result<Position, KafkaError> {
    match delivery?.await {
        Ok(Ok(delivery)) => Ok(Position { partition: delivery.partition, offset: delivery.offset }),
        Ok(Err((error, _))) => Err(error),
        Err(_) => Err(KafkaError::Canceled),
    }
}
