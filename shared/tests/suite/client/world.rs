//! Buses to ask on, and an answering peer.

use rtfm_shared::{
    bus::{self, Bus, Consumer, ConsumerEvent, StartAt, Subscription, topics},
    config::{BusConfig, KafkaConfig},
    event::{Envelope, Progress, Query, Response, Stage},
};
use rtfm_testkit::{bus::MemoryBus, kafka};
use std::{future::Future, sync::Arc, time::Duration};
use tempfile::TempDir;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A bus with every topic, and what must live as long as it.
pub(crate) struct ClientFixture {
    pub(crate) bus: Arc<dyn Bus>,
    _directory: Option<TempDir>,
    channel: String,
}

impl ClientFixture {
    pub(crate) async fn local() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let bus = bus::open(&BusConfig::Local { directory: directory.path().to_owned() }).await.unwrap();
        Some(Self::of(bus, Some(directory)).await)
    }

    /// None, with a line that says so, where there is no Kafka.
    pub(crate) async fn kafka() -> Option<Self> {
        let servers = tokio::task::spawn_blocking(kafka::for_tests).await.unwrap()?;
        let bus = bus::open(&BusConfig::Kafka(KafkaConfig::of(&servers.bootstrap))).await.unwrap();
        Some(Self::of(bus, None).await)
    }

    pub(crate) async fn memory() -> (Self, MemoryBus) {
        let memory = MemoryBus::default();
        // No client needs more of a topic than Read, Write and Describe.
        memory.refuse_settings();
        (Self::of(Arc::new(memory.clone()), None).await, memory)
    }

    async fn of(bus: Arc<dyn Bus>, directory: Option<TempDir>) -> Self {
        bus.create_topics(&topics::catalogue()).await.unwrap();
        // Topics are shared by every test on one broker: each asks in a channel of its own.
        Self { bus, _directory: directory, channel: format!("c-{}", uuid::Uuid::new_v4()) }
    }

    pub(crate) fn query(&self, question: &str) -> Query {
        Query { question: question.to_owned(), channel_id: self.channel.as_str().into(), ..Query::default() }
    }

    /// The questions asked in this test's channel, each handed on as it comes.
    pub(crate) async fn questions<R: Future<Output = ()> + Send + 'static>(
        &self,
        answer: impl Fn(Arc<dyn Bus>, Query) -> R + Send + 'static,
    ) {
        let topics = vec![topics::QUERIES.to_owned()];
        let wanted = Subscription { topics, group: None, start: StartAt::Latest };
        let mut consumer = self.bus.subscribe(wanted).await.unwrap();
        let (bus, channel) = (self.bus.clone(), self.channel.clone());
        tokio::spawn(async move {
            loop {
                let query = next_query(&mut consumer).await;
                if query.channel_id.as_str() == channel {
                    tokio::spawn(answer(bus.clone(), query));
                }
            }
        });
    }
}

async fn next_query(consumer: &mut Box<dyn Consumer>) -> Query {
    loop {
        if let ConsumerEvent::Record(record) = consumer.next().await.unwrap() {
            return Envelope::<Query>::decode(&record).unwrap().event;
        }
    }
}

/// Answers a question with its own text.
pub(crate) async fn echo(bus: Arc<dyn Bus>, query: Query) {
    say(&*bus, &query, &format!("re: {}", query.question)).await;
}

/// Publishes an answer.
pub(crate) async fn say(bus: &dyn Bus, query: &Query, text: &str) {
    let response = Response { response_text: text.to_owned(), ..Response::to(query) };
    bus.publish(Envelope::new(response, "test").encode().unwrap()).await.unwrap();
}

/// Publishes a glimpse.
pub(crate) async fn glimpse(bus: &dyn Bus, query: &Query, sequence: u64) {
    let progress = Progress::of(query, sequence, Stage::Writing, &format!("{sequence}"));
    bus.publish(Envelope::new(progress, "test").encode().unwrap()).await.unwrap();
}
