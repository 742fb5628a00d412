//! The thread that drives one consumer. It always polls, so that the group keeps the member; when the inbox is full it
//! pauses partitions instead.

use super::{
    commit,
    convert::{self, RecordReader},
    errors,
    instances::InstanceName,
    member::{MemberState, NativeConsumer, Phase},
};
use crate::bus::BusError;
use rdkafka::{
    consumer::Consumer as _,
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{sync::Arc, thread::JoinHandle, time::Duration};

/// Time limit of one poll, and so the delay of a close.
const WAIT: Duration = Duration::from_millis(50);
/// How long to wait for room before pausing. A pause discards prefetched records, so a consumer that is only slow
/// should not cause one.
const GRACE: Duration = Duration::from_millis(500);

/// The thread's result: whether the stored offsets were committed.
pub(super) type ThreadHandle = JoinHandle<Result<(), BusError>>;

pub(super) fn spawn(
    name: &str,
    consumer: Arc<NativeConsumer>,
    member: Arc<MemberState>,
    instance_name: Option<InstanceName>,
) -> Result<ThreadHandle, BusError> {
    std::thread::Builder::new()
        .name(format!("kafka-consumer-{name}"))
        .spawn(move || {
            let _guard = CloseOnExit(member.clone());
            PollLoop { consumer, member, reader: RecordReader::default(), _instance_name: instance_name }.run()
        })
        .map_err(|error| BusError::Fatal(format!("failed to start a thread for a Kafka consumer: {error}")))
}

/// Closes the inbox even when the thread panics, so that the consumer does not wait forever.
struct CloseOnExit(Arc<MemberState>);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        self.0.inbox.close();
    }
}

struct PollLoop {
    consumer: Arc<NativeConsumer>,
    member: Arc<MemberState>,
    reader: RecordReader,
    /// Kept until the consumer is closed.
    _instance_name: Option<InstanceName>,
}

impl PollLoop {
    fn run(mut self) -> Result<(), BusError> {
        while self.member.phase() == Phase::Running {
            self.make_room();
            match self.consumer.poll(WAIT) {
                None => {}
                Some(Ok(message)) => {
                    let record = self.reader.record(&message);
                    self.member.inbox.push(record);
                }
                Some(Err(error)) if self.goes_on_after(&error) => {}
                Some(Err(_)) => break,
            }
        }
        let committed = match self.member.phase() {
            Phase::Closing => commit::all(&self.consumer, &self.member),
            Phase::Running | Phase::Dropped => Ok(()),
        };
        self.member.inbox.close();
        // Dropping the consumer leaves the group, which blocks for a moment.
        drop(self.consumer);
        committed
    }

    /// Pauses every partition when the inbox stays full and resumes them when it has room.
    fn make_room(&self) {
        let holding = self.member.inbox.state().holding;
        let room = self.member.inbox.room(if holding { Duration::ZERO } else { GRACE });
        if room && !holding {
            return;
        }
        // Under the inbox's lock, so that this and the consumer's own pauses do not undo each other. Newly assigned
        // partitions are paused too.
        let mut state = self.member.inbox.state();
        state.holding = state.is_full();
        let flowing = convert::list(&state.flowing());
        let done = if state.holding { self.consumer.pause(&flowing) } else { self.consumer.resume(&flowing) };
        drop(state);
        if let Err(error) = done {
            tracing::warn!("kafka: failed to pause or resume partitions: {error}");
        }
    }

    /// Handles a polling error; returns whether polling goes on.
    fn goes_on_after(&self, error: &KafkaError) -> bool {
        if let KafkaError::MessageConsumptionFatal(_) = error {
            let reason = self.consumer.client().fatal_error().map_or_else(|| error.to_string(), |(_, reason)| reason);
            tracing::error!("kafka: consumer failed for good: {reason}");
            self.member.inbox.fail(BusError::Closed(reason));
            return false;
        }
        match errors::code_of(error) {
            // librdkafka reconnects by itself, and `LogContext` has kept the error.
            None | Some(RDKafkaErrorCode::PartitionEOF) => {}
            Some(code) => match errors::from_code("the consumer", code) {
                fault @ BusError::Fatal(_) => self.member.inbox.fail(fault),
                BusError::UnknownTopic(_) => {
                    tracing::warn!("kafka: a subscribed topic was deleted");
                }
                _ => tracing::debug!("kafka: {error}"),
            },
        }
        true
    }
}
