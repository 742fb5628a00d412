//! A consumer that runs in a task of its own, as a worker would run it, and keeps what it hears. Its loop drops
//! `next()` whenever a command comes in, so every test here leans on cancel safety too.

use super::PATIENCE;
use rtfm_shared::bus::{BusError, Consumer, ConsumerEvent, NextOffset, Record, Revocation, TopicPartition};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

/// What a member has heard so far.
#[derive(Default)]
pub(crate) struct Received {
    /// The partitions that are its own.
    pub(crate) owned: BTreeSet<TopicPartition>,
    /// Every record, in the order in which it came.
    pub(crate) records: Vec<Record>,
    /// Revocations that it holds back until it is told to let go.
    pub(crate) held: Vec<Revocation>,
    /// Whether anything was ever assigned to it. (A lone reader may have everything without being told.)
    pub(crate) assigned: bool,
    /// What went wrong.
    pub(crate) faults: Vec<String>,
}

impl Received {
    /// The values of the records as text.
    pub(crate) fn values(&self) -> Vec<String> {
        self.records.iter().map(text).collect()
    }
}

/// Who owns each partition of a group, so that two owners at once are noticed.
pub(crate) type Owners = Arc<Mutex<HashMap<TopicPartition, &'static str>>>;

/// How a member behaves.
#[derive(Clone, Default)]
pub(crate) struct MemberOptions {
    /// Whether it keeps a revocation until `let_go`.
    pub(crate) holds: bool,
    /// Whether it commits every record as it hears it.
    pub(crate) commits: bool,
    /// Its name, and the table in which it notes what it owns.
    pub(crate) owners: Option<(&'static str, Owners)>,
}

enum Command {
    Commit(Vec<NextOffset>, oneshot::Sender<Result<(), BusError>>),
    Pause(Vec<TopicPartition>, oneshot::Sender<Result<(), BusError>>),
    Resume(Vec<TopicPartition>, oneshot::Sender<Result<(), BusError>>),
    Close(Vec<NextOffset>, oneshot::Sender<Result<(), BusError>>),
}

/// A running consumer.
pub(crate) struct Member {
    heard: Arc<Mutex<Received>>,
    changed: watch::Receiver<()>,
    commands: mpsc::UnboundedSender<Command>,
    manners: MemberOptions,
    task: JoinHandle<()>,
}

impl Member {
    /// Runs a consumer with plain manners.
    pub(crate) fn run(consumer: Box<dyn Consumer>) -> Self {
        Self::run_with(consumer, MemberOptions::default())
    }

    /// Runs a consumer.
    pub(crate) fn run_with(consumer: Box<dyn Consumer>, manners: MemberOptions) -> Self {
        let heard = Arc::new(Mutex::new(Received::default()));
        let (notify, changed) = watch::channel(());
        let (commands, orders) = mpsc::unbounded_channel();
        let running = Loop { heard: heard.clone(), notify, manners: manners.clone() };
        let task = tokio::spawn(running.run(consumer, orders));
        Self { heard, changed, commands, manners, task }
    }

    /// Looks at what it has heard.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&Received) -> T) -> T {
        at(&self.heard.lock().expect("nobody panicked here"))
    }

    /// Waits until what it has heard satisfies the condition.
    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Received) -> bool) {
        let mut changed = self.changed.clone();
        let wait = async {
            while !self.look(&condition) {
                changed.changed().await.expect("the member runs");
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            let said = self.look(|h| format!("owned {:?}, values {:?}, faults {:?}", h.owned, h.values(), h.faults));
            panic!("waited in vain for {what}: {said}");
        }
    }

    /// Waits for this many records.
    pub(crate) async fn hears(&self, count: usize) {
        self.until(&format!("{count} records"), |heard| heard.records.len() >= count).await;
    }

    /// Waits until it owns exactly this many partitions.
    pub(crate) async fn owns(&self, count: usize) {
        self.until(&format!("{count} partitions"), |heard| heard.owned.len() == count).await;
    }

    /// Stores these offsets and commits.
    pub(crate) async fn commit(&self, offsets: Vec<NextOffset>) -> Result<(), BusError> {
        self.tell(|done| Command::Commit(offsets, done)).await
    }

    /// Pauses partitions.
    pub(crate) async fn pause(&self, partitions: Vec<TopicPartition>) {
        self.tell(|done| Command::Pause(partitions, done)).await.expect("paused");
    }

    /// Resumes partitions.
    pub(crate) async fn resume(&self, partitions: Vec<TopicPartition>) {
        self.tell(|done| Command::Resume(partitions, done)).await.expect("resumed");
    }

    /// Lets go of every revocation that it holds.
    pub(crate) fn let_go(&self) {
        let held = std::mem::take(&mut self.heard.lock().expect("nobody panicked here").held);
        for revocation in held {
            self.manners.forget(&revocation.partitions);
        }
    }

    /// Stores these offsets and closes the consumer.
    pub(crate) async fn close(self, offsets: Vec<NextOffset>) -> Received {
        self.tell(|done| Command::Close(offsets, done)).await.expect("closed");
        self.task.await.expect("the member ended well");
        std::mem::take(&mut self.heard.lock().expect("nobody panicked here"))
    }

    /// Drops the consumer as it is, without closing it.
    pub(crate) async fn vanish(self) -> Received {
        let owned = self.look(|heard| heard.owned.iter().cloned().collect::<Vec<_>>());
        self.manners.forget(&owned);
        self.task.abort();
        assert!(self.task.await.expect_err("it was stopped").is_cancelled());
        std::mem::take(&mut self.heard.lock().expect("nobody panicked here"))
    }

    async fn tell<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> T {
        let (done, answer) = oneshot::channel();
        self.commands.send(command(done)).expect("the member runs");
        tokio::time::timeout(PATIENCE, answer).await.expect("in time").expect("the member answers")
    }
}

impl MemberOptions {
    /// Strikes partitions from the table of owners; called before they are given up.
    fn forget(&self, partitions: &[TopicPartition]) {
        if let Some((name, owners)) = &self.owners {
            let mut owners = owners.lock().expect("nobody panicked here");
            for at in partitions {
                if owners.get(at) == Some(name) {
                    owners.remove(at);
                }
            }
        }
    }

    /// Notes that partitions are this member's; a fault when they are somebody else's.
    fn note(&self, partitions: &[TopicPartition]) -> Option<String> {
        let (name, owners) = self.owners.as_ref()?;
        let mut owners = owners.lock().expect("nobody panicked here");
        let mut fault = None;
        for at in partitions {
            match owners.insert(at.clone(), name) {
                Some(other) if other != *name => fault = Some(format!("{at} was given to {name} while {other} had it")),
                _ => {}
            }
        }
        fault
    }
}

struct Loop {
    heard: Arc<Mutex<Received>>,
    notify: watch::Sender<()>,
    manners: MemberOptions,
}

impl Loop {
    async fn run(self, mut consumer: Box<dyn Consumer>, mut orders: mpsc::UnboundedReceiver<Command>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    None => return,
                    Some(Command::Commit(offsets, done)) => {
                        let stored = consumer.store(&offsets);
                        let _ = done.send(match stored { Ok(()) => consumer.commit().await, error => error });
                    }
                    Some(Command::Pause(partitions, done)) => { let _ = done.send(consumer.pause(&partitions)); }
                    Some(Command::Resume(partitions, done)) => { let _ = done.send(consumer.resume(&partitions)); }
                    Some(Command::Close(offsets, done)) => {
                        let stored = consumer.store(&offsets);
                        let owned = self.with(|heard| heard.owned.iter().cloned().collect::<Vec<_>>());
                        self.manners.forget(&owned);
                        let closed = consumer.close().await;
                        let _ = done.send(stored.and(closed));
                        return;
                    }
                },
                event = consumer.next() => {
                    let failed = event.is_err();
                    if let Some(done) = self.hear(event) {
                        let committed = match consumer.store(&[done]) { Ok(()) => consumer.commit().await, error => error };
                        if let Err(error) = committed {
                            self.with(|heard| heard.faults.push(error.to_string()));
                        }
                    }
                    let _ = self.notify.send(());
                    if failed {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            }
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Received) -> T) -> T {
        change(&mut self.heard.lock().expect("nobody panicked here"))
    }

    fn hear(&self, event: Result<ConsumerEvent, BusError>) -> Option<NextOffset> {
        self.with(|heard| match event {
            Ok(ConsumerEvent::Record(record)) => {
                if heard.assigned && !heard.owned.contains(&record.at) {
                    heard.faults.push(format!("{}@{} came without being assigned", record.at, record.offset));
                }
                let next = NextOffset { at: record.at.clone(), offset: record.offset + 1 };
                heard.records.push(record);
                self.manners.commits.then_some(next)
            }
            Ok(ConsumerEvent::Assigned(partitions)) => {
                heard.faults.extend(self.manners.note(&partitions));
                heard.owned.extend(partitions);
                heard.assigned = true;
                None
            }
            Ok(ConsumerEvent::Revoked(revocation)) => {
                heard.owned.retain(|at| !revocation.partitions.contains(at));
                if self.manners.holds && !revocation.lost {
                    heard.held.push(revocation);
                } else {
                    self.manners.forget(&revocation.partitions);
                }
                None
            }
            Err(error) => {
                heard.faults.push(error.to_string());
                None
            }
        })
    }
}

/// A record's value as text.
pub(crate) fn text(record: &Record) -> String {
    String::from_utf8(record.value.clone().expect("a value").to_vec()).expect("text")
}

/// The next offset to read on a partition.
pub(crate) fn next(topic: &str, partition: i32, offset: i64) -> NextOffset {
    NextOffset { at: TopicPartition::new(topic, partition), offset }
}
