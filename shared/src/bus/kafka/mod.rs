//! The bus on Apache Kafka.
//!
//! Only this module uses the client library. Clients connect on demand, so that a service starts without a broker;
//! `health` reports why it cannot connect.

mod client;
mod commit;
mod consumer;
mod convert;
mod errors;
mod groups;
mod inbox;
mod instances;
mod ledger;
mod member;
mod poll;
mod producer;
mod protocol;
mod range;
mod repair;
mod retry;
mod security;
mod start;
mod topic_settings;
mod topics;

use super::{
    Bus, BusError, Consumer, GroupMember, Lag, OutRecord, Position, Record, Subscription, TopicPartition, TopicSpec,
    TopicState,
};
use crate::config::KafkaConfig;
use async_trait::async_trait;
use client::{LogContext, ReportedErrors};
use instances::InstanceNames;
use jiff::Timestamp;
use parking_lot::Mutex;
use producer::Producer;
use rdkafka::{
    admin::AdminClient,
    producer::{FutureProducer, Producer as _},
};
use std::{sync::Arc, time::Duration};

/// Time limit of a health check: below the limit of readiness, so that the reason is reported.
const HEALTH: Duration = Duration::from_millis(1500);

pub struct KafkaBus {
    config: KafkaConfig,
    clients: Arc<Clients>,
    instance_names: Arc<InstanceNames>,
}

impl KafkaBus {
    /// Creates a bus on this cluster; connecting happens later. The error is a setting that librdkafka rejects.
    pub fn connect(config: &KafkaConfig) -> Result<Self, BusError> {
        security::warn(config);
        let reported = Arc::new(ReportedErrors::default());
        let producer = Producer::new(config, &reported)?;
        let clients = Clients { config: config.clone(), reported, producer, admin: Mutex::default() };
        Ok(Self { config: config.clone(), clients: Arc::new(clients), instance_names: Arc::default() })
    }
}

impl std::fmt::Debug for KafkaBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaBus").field("servers", &self.config.bootstrap_servers).finish_non_exhaustive()
    }
}

struct Clients {
    config: KafkaConfig,
    reported: Arc<ReportedErrors>,
    producer: Producer,
    // Created on demand: it costs threads and connections, and most processes never use it.
    admin: Mutex<Option<Arc<AdminClient<LogContext>>>>,
}

impl Clients {
    fn log_context(&self) -> LogContext {
        LogContext(self.reported.clone())
    }

    fn producer(&self) -> FutureProducer<LogContext> {
        self.producer.native()
    }

    fn admin(&self) -> Result<Arc<AdminClient<LogContext>>, BusError> {
        let mut slot = self.admin.lock();
        if let Some(admin) = slot.as_ref() {
            return Ok(admin.clone());
        }
        let admin: Result<AdminClient<LogContext>, _> =
            client::settings(&self.config).create_with_context(self.log_context());
        let admin = Arc::new(admin.map_err(|error| errors::from_kafka("a Kafka admin client", &error))?);
        *slot = Some(admin.clone());
        Ok(admin)
    }
}

/// Runs a blocking library call on a blocking thread.
async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    let done = tokio::task::spawn_blocking(call).await;
    done.unwrap_or_else(|error| Err(BusError::Closed(format!("a blocking call was cancelled: {error}"))))
}

#[async_trait]
impl Bus for KafkaBus {
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError> {
        self.clients.producer.publish(&record).await
    }

    async fn publish_all(&self, records: Vec<OutRecord>) -> Result<Vec<Position>, BusError> {
        self.clients.producer.publish_all(&records).await
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Consumer>, BusError> {
        let instance_name = match (&subscription.group, &self.config.group_instance_id) {
            (Some(group), Some(instance)) => Some(self.instance_names.take(group, instance)),
            _ => None,
        };
        let (config, reported) = (self.config.clone(), self.clients.reported.clone());
        let consumer = blocking(move || consumer::subscribe(&config, &reported, instance_name, &subscription)).await?;
        Ok(Box::new(consumer))
    }

    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError> {
        topics::create(&self.clients, &self.config, specs).await
    }

    async fn repair_topics(&self, specs: &[TopicSpec]) -> Result<(), BusError> {
        repair::repair(&self.clients, specs).await
    }

    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError> {
        topics::describe(&self.clients, names).await
    }

    async fn watermarks(&self, names: &[&str]) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
        topics::all_watermarks(&self.clients, names).await
    }

    async fn list_topics(&self) -> Result<Vec<String>, BusError> {
        topics::list(&self.clients).await
    }

    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError> {
        topics::delete(&self.clients, names).await
    }

    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError> {
        groups::lag(&self.clients, &self.config, group, topic).await
    }

    async fn members(&self, group: &str, topic: &str) -> Result<usize, BusError> {
        groups::members(&self.clients, group, topic).await
    }

    async fn list_groups(&self) -> Result<Vec<String>, BusError> {
        groups::list(&self.clients).await
    }

    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError> {
        groups::describe(&self.clients, group).await
    }

    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError> {
        range::read(&self.clients, at, from, most).await
    }

    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError> {
        range::delete(&self.clients, at, before).await
    }

    async fn health(&self) -> Result<(), BusError> {
        let clients = self.clients.clone();
        blocking(move || match clients.producer().client().fetch_metadata(None, HEALTH) {
            Ok(_) => {
                clients.reported.clear();
                Ok(())
            }
            Err(error) => {
                let silent = format!("Kafka at {} does not answer", clients.config.bootstrap_servers);
                Err(match clients.reported.last() {
                    Some(report) if report.fatal => BusError::Fatal(format!("{silent}: {}", report.reason)),
                    Some(report) => BusError::Unavailable(format!("{silent}: {}", report.reason)),
                    None => errors::from_kafka(&silent, &error),
                })
            }
        })
        .await
    }

    /// Kafka applies retention itself.
    async fn housekeeping(&self, _now: Timestamp) -> Result<(), BusError> {
        Ok(())
    }
}
