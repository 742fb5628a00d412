//! A Kafka consumer: a group member or a lone reader.

use super::{
    client::{self, LogContext, ReportedErrors},
    commit, convert, errors,
    instances::InstanceName,
    member::{MemberState, NativeConsumer, Phase, RebalanceContext},
    poll::{self, ThreadHandle},
    start, topics,
};
use crate::{
    bus::{BusError, Consumer, ConsumerEvent, NextOffset, StartAt, Subscription, TopicPartition, access::READERS},
    config::KafkaConfig,
};
use async_trait::async_trait;
use rdkafka::consumer::Consumer as _;
use std::sync::Arc;

pub(super) struct KafkaConsumer {
    member: Arc<MemberState>,
    /// Dropped before the thread is asked to end, so that the thread holds the last reference and closes it.
    native: Option<Arc<NativeConsumer>>,
    thread: Option<ThreadHandle>,
    grouped: bool,
}

/// Joins the group, or resolves a lone reader's start positions. Blocks.
pub(super) fn subscribe(
    config: &KafkaConfig,
    reported: &Arc<ReportedErrors>,
    instance_name: Option<InstanceName>,
    subscription: &Subscription,
) -> Result<KafkaConsumer, BusError> {
    let grouped = subscription.group.is_some();
    // librdkafka requires a group id even from a consumer that never joins one.
    let name = subscription.group.clone().unwrap_or_else(|| format!("{READERS}{}", uuid::Uuid::new_v4()));
    let mut settings = client::settings(config);
    settings
        .set("group.id", &name)
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", config.session_timeout.as_millis().to_string())
        .set("max.poll.interval.ms", config.max_poll_interval.as_millis().to_string())
        // Members learn of a rebalance by heartbeat, so this bounds its duration.
        .set("heartbeat.interval.ms", "1000")
        // Only stored offsets are committed.
        .set("enable.auto.offset.store", "false")
        .set("enable.auto.commit", "false")
        // Start positions are resolved here. This applies to an offset that retention has deleted: the oldest kept
        // record follows it.
        .set("auto.offset.reset", "earliest")
        // Enough read-ahead for speed within a laptop's memory.
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.queue.backoff.ms", "20")
        .set("fetch.wait.max.ms", "500");
    if let Some(instance_name) = &instance_name {
        settings.set("group.instance.id", instance_name.name());
    }
    let member = Arc::new(MemberState::default());
    let context = RebalanceContext { log_context: LogContext(reported.clone()), member: member.clone() };
    let native: NativeConsumer =
        settings.create_with_context(context).map_err(|e| errors::from_kafka("a Kafka consumer", &e))?;
    let native = Arc::new(native);
    let partitions = topics::partitions_of(native.client(), &subscription.topics).map_err(|error| match error {
        BusError::Unavailable(why) => BusError::Unavailable(format!("Kafka at {}: {why}", config.bootstrap_servers)),
        other => other,
    })?;
    if !grouped {
        read_alone(&native, &member, &partitions, subscription.start)?;
    } else {
        if subscription.start == StartAt::Latest {
            member.starts.at(start::positions(&native, &partitions, StartAt::Latest)?);
        }
        let topics: Vec<_> = subscription.topics.iter().map(String::as_str).collect();
        native.subscribe(&topics).map_err(|error| errors::from_kafka("a subscription", &error))?;
    }
    let thread = poll::spawn(&name, native.clone(), member.clone(), instance_name)?;
    Ok(KafkaConsumer { member, native: Some(native), thread: Some(thread), grouped })
}

/// Assigns every partition from its beginning or its end.
fn read_alone(
    native: &NativeConsumer,
    member: &MemberState,
    partitions: &[TopicPartition],
    start: StartAt,
) -> Result<(), BusError> {
    let positions = start::positions(native, partitions, start)?;
    let list = convert::offsets(positions.iter().map(|(at, offset)| (at, *offset)));
    list.and_then(|list| native.assign(&list)).map_err(|error| errors::from_kafka("an assignment", &error))?;
    member.inbox.assign(partitions.to_vec());
    Ok(())
}

impl KafkaConsumer {
    fn native(&self) -> Result<&Arc<NativeConsumer>, BusError> {
        self.native.as_ref().ok_or_else(|| BusError::Closed("the caller closed it".to_owned()))
    }

    fn end(&mut self, phase: Phase) {
        self.native = None;
        self.member.end(phase);
    }
}

#[async_trait]
impl Consumer for KafkaConsumer {
    async fn next(&mut self) -> Result<ConsumerEvent, BusError> {
        self.member.inbox.next().await
    }

    fn store(&mut self, offsets: &[NextOffset]) -> Result<(), BusError> {
        if self.grouped {
            let mut state = self.member.inbox.state();
            offsets.iter().for_each(|next| state.ledger.store(next));
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        if !self.grouped {
            return Ok(());
        }
        let (native, member) = (self.native()?.clone(), self.member.clone());
        super::blocking(move || commit::all(&native, &member)).await
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError> {
        // Under the inbox's lock, because the polling thread pauses partitions too.
        let mut state = self.member.inbox.state();
        let paused = convert::list(&state.pause(partitions));
        self.native()?.pause(&paused).map_err(|error| errors::from_kafka("a pause", &error))
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), BusError> {
        let mut state = self.member.inbox.state();
        let resumed = convert::list(&state.resume(partitions));
        if state.holding {
            return Ok(()); // the polling thread lets them go with the others
        }
        self.native()?.resume(&resumed).map_err(|error| errors::from_kafka("a resumption", &error))
    }

    async fn close(mut self: Box<Self>) -> Result<(), BusError> {
        self.end(Phase::Closing);
        let Some(thread) = self.thread.take() else { return Ok(()) };
        super::blocking(move || {
            thread.join().unwrap_or_else(|_| Err(BusError::Closed("the consumer's thread panicked".to_owned())))
        })
        .await
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        // `close` has already ended the thread.
        if self.native.is_some() {
            self.end(Phase::Dropped);
        }
    }
}
