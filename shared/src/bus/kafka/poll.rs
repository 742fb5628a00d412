//! The thread that drives one consumer. It polls whatever happens, so that the group never takes it for
//! dead: when nobody takes the records, it pauses their delivery instead.

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

/// How long the thread waits for the library; a close takes up to this long to be noticed.
const WAIT: Duration = Duration::from_millis(50);
/// How long it waits for room before it pauses the partitions. A pause throws away what was fetched ahead,
/// so a consumer that is merely busy should not cause one.
const GRACE: Duration = Duration::from_millis(500);

/// What the thread leaves behind: whether what was stored is committed.
pub(super) type ThreadHandle = JoinHandle<Result<(), BusError>>;

/// StartOffsets the thread.
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
        .map_err(|error| BusError::Fatal(format!("no thread for a Kafka consumer: {error}")))
}

/// However the thread ends, nobody waits for it in vain.
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
        // Dropping the consumer leaves the group; that takes a moment, which is why it happens here.
        drop(self.consumer);
        committed
    }

    /// Waits a little for room; holds the partitions when there is none, and lets them go when there is.
    fn make_room(&self) {
        let holding = self.member.inbox.state().holding;
        let room = self.member.inbox.room(if holding { Duration::ZERO } else { GRACE });
        if room && !holding {
            return;
        }
        // Under the inbox's lock, so that the consumer's own pauses and ours do not undo each other. While we
        // hold, newly assigned partitions join those that are held.
        let mut state = self.member.inbox.state();
        state.holding = state.is_full();
        let flowing = convert::list(&state.flowing());
        let done = if state.holding { self.consumer.pause(&flowing) } else { self.consumer.resume(&flowing) };
        drop(state);
        if let Err(error) = done {
            tracing::warn!("kafka: partitions cannot be paused or resumed: {error}");
        }
    }

    /// Judges an error of the poll; returns whether polling goes on.
    fn goes_on_after(&self, error: &KafkaError) -> bool {
        if let KafkaError::MessageConsumptionFatal(_) = error {
            let reason = self.consumer.client().fatal_error().map_or_else(|| error.to_string(), |(_, reason)| reason);
            tracing::error!("kafka: the consumer is done for: {reason}");
            self.member.inbox.fail(BusError::Closed(reason));
            return false;
        }
        match errors::code_of(error) {
            // The connection comes back by itself, and the log_context has heard of it.
            None | Some(RDKafkaErrorCode::PartitionEOF) => {}
            Some(code) => match errors::from_code("the consumer", code) {
                fault @ BusError::Fatal(_) => self.member.inbox.fail(fault),
                BusError::UnknownTopic(_) => {
                    tracing::warn!("kafka: a topic that is subscribed to does not exist any more");
                }
                _ => tracing::debug!("kafka: {error}"),
            },
        }
        true
    }
}
