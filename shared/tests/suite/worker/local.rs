//! The worker on the local bus, in real time: members come, go and die, and every record is handled in its
//! key's order.

use super::world::failure;
use async_trait::async_trait;
use rtfm_shared::{
    bus::{self, Bus, Cleanup, MAX_RECORD_BYTES, OutRecord, Record, StartAt, Subscription, TopicSpec},
    config::BusConfig,
    resilience::Class,
    worker::{Failure, Handler, Worker, WorkerError, WorkerPolicy},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const TOPIC: &str = "things";
const KEYS: usize = 20;

/// Which values of each key were handled, in order, by any of the workers.
type Handled = Arc<Mutex<BTreeMap<String, Vec<usize>>>>;

struct Collect(Handled);

#[async_trait]
impl Handler for Collect {
    type Item = (String, usize);

    fn decode(&self, record: &Record) -> Result<Self::Item, Failure> {
        let text = |bytes: Option<&bytes::Bytes>| String::from_utf8_lossy(bytes.unwrap()).into_owned();
        let number = text(record.value.as_ref()).parse().map_err(|error| Failure::permanent("malformed", error))?;
        Ok((text(record.key.as_ref()), number))
    }

    async fn handle(&self, batch: &[Self::Item]) -> Result<(), Failure> {
        sleep(Duration::from_millis(1)).await;
        if batch.iter().any(|(_, number)| *number == 13) {
            return Err(failure(Class::Permanent));
        }
        let mut handled = self.0.lock().unwrap();
        for (key, number) in batch {
            handled.entry(key.clone()).or_default().push(*number);
        }
        Ok(())
    }
}

struct World {
    bus: Arc<dyn Bus>,
    handled: Handled,
    _directory: TempDir,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = bus::open(&BusConfig::Local { directory: directory.path().to_owned() }).await.unwrap();
        let spec = |name: &str, partitions| TopicSpec {
            name: name.to_owned(),
            partitions,
            retention: None,
            cleanup: Cleanup::Delete,
        };
        bus.create_topics(&[spec(TOPIC, 3), spec("things.dlq", 1)]).await.unwrap();
        Self { bus, handled: Handled::default(), _directory: directory }
    }

    fn worker(&self) -> (CancellationToken, JoinHandle<Result<(), WorkerError>>) {
        let subscription =
            Subscription { topics: vec![TOPIC.to_owned()], group: Some("group".to_owned()), start: StartAt::Earliest };
        // Nothing here takes long; the deadline must not decide the test on a slow machine.
        let policy =
            WorkerPolicy { batch: 4, drain_deadline: Duration::from_secs(60), ..WorkerPolicy::named("rtfm/test") };
        let worker = Worker::new(self.bus.clone(), subscription, Collect(self.handled.clone()), policy);
        let shutdown = CancellationToken::new();
        (shutdown.clone(), tokio::spawn(worker.run(shutdown)))
    }

    async fn publish(&self, numbers: std::ops::Range<usize>) {
        let record = |number: usize, key: usize| OutRecord {
            topic: TOPIC.to_owned(),
            key: Some(format!("key {key}").into()),
            value: Some(number.to_string().into()),
            ..OutRecord::default()
        };
        let records = numbers.flat_map(|number| (0..KEYS).map(move |key| record(number, key))).collect();
        self.bus.publish_all(records).await.unwrap();
    }

    fn count(&self) -> usize {
        self.handled.lock().unwrap().values().map(Vec::len).sum()
    }

    async fn until<F: Future<Output = bool>>(&self, what: &str, condition: impl Fn() -> F) {
        let holds = async {
            while !condition().await {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(120), holds).await.unwrap_or_else(|_| panic!("never happened: {what}"));
    }

    async fn until_members(&self, members: usize) {
        let there = || async { self.bus.members("group", TOPIC).await.unwrap() == members };
        self.until("the group has its members", there).await;
    }

    async fn until_handled(&self, count: usize) {
        self.until("so many are handled", || async { self.count() >= count }).await;
    }

    /// All but the faulty one of each key were handled. Some may have been again, after the partition changed
    /// hands before all in front of them was done; each first time was in order.
    fn assert_handled(&self, numbers: usize) {
        let expected: Vec<usize> = (0..numbers).filter(|number| *number != 13).collect();
        let handled = self.handled.lock().unwrap();
        assert_eq!(handled.len(), KEYS);
        for (key, numbers) in handled.iter() {
            let mut seen = std::collections::HashSet::new();
            let firsts: Vec<usize> = numbers.iter().copied().filter(|number| seen.insert(*number)).collect();
            assert_eq!(firsts, expected, "{key}");
        }
    }

    async fn until_no_lag(&self) {
        let caught_up = || async {
            let lag = self.bus.lag("group", TOPIC).await.unwrap();
            lag.iter().all(|lag| lag.committed == Some(lag.end))
        };
        self.until("everything is committed", caught_up).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_members_skip_no_record_and_keep_the_order() {
    let world = World::new().await;
    let (first_ends, first) = world.worker();
    world.publish(0..40).await;
    world.until_handled(50).await;
    let (second_ends, second) = world.worker();
    world.until_members(2).await;
    world.publish(40..80).await;
    world.until_handled(KEYS * 41).await;
    first_ends.cancel();
    first.await.unwrap().unwrap();
    world.publish(80..100).await;
    world.until_no_lag().await;
    second_ends.cancel();
    second.await.unwrap().unwrap();
    world.assert_handled(100);
    let letters = world.bus.describe_topics(&["things.dlq"]).await.unwrap().remove(0).unwrap();
    assert!(letters.watermarks[0].1 >= KEYS as i64, "number 13 of every key: {:?}", letters.watermarks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_member_handles_what_a_dead_one_left_uncommitted() {
    let world = World::new().await;
    world.publish(0..50).await;
    let (_never, first) = world.worker();
    world.until_handled(100).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let (ends, second) = world.worker();
    world.until_no_lag().await;
    ends.cancel();
    second.await.unwrap().unwrap();
    world.assert_handled(50);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_record_fits_the_dead_letter_topic() {
    let world = World::new().await;
    let value = Some("x".repeat(MAX_RECORD_BYTES).into());
    let record = OutRecord { topic: TOPIC.to_owned(), partition: Some(0), value, ..OutRecord::default() };
    world.bus.publish(record).await.unwrap();
    let (ends, worker) = world.worker();
    let dead_lettered = || async {
        let lag = world.bus.lag("group", TOPIC).await.unwrap();
        lag.iter().any(|lag| lag.committed == Some(1))
    };
    world.until("the record is dead-lettered and done", dead_lettered).await;
    let letters = world.bus.describe_topics(&["things.dlq"]).await.unwrap().remove(0).unwrap();
    assert_eq!(letters.watermarks, [(0, 1)]);
    ends.cancel();
    worker.await.unwrap().unwrap();
}
