//! The thread that looks around: it notices what other processes wrote, buries members whose process has died, and
//! keeps house now and then. With nobody listening it sleeps.

use super::{error, files::BusFiles, housekeeping, membership, writer::WriterThread};
use crate::bus::BusError;
use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How soon another process's records are noticed.
const POLL_EVERY: Duration = Duration::from_millis(25);
/// How soon the death of another process's members is noticed.
const CHECK_MEMBERS_EVERY: Duration = Duration::from_millis(500);
/// How often old records go.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(300);

/// The watcher's ear: how many listen, and whether it is over.
#[derive(Debug, Default)]
pub(super) struct WatchSignal {
    state: Mutex<WatchState>,
    stirred: Condvar,
}

#[derive(Debug, Default)]
struct WatchState {
    listeners: usize,
    over: bool,
}

impl WatchSignal {
    /// Counts a listener in or out.
    pub(super) fn listen(&self, here: bool) {
        self.change(|state| {
            state.listeners = if here { state.listeners + 1 } else { state.listeners.saturating_sub(1) };
        });
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.change(|state| state.over = true);
    }

    fn change(&self, change: impl FnOnce(&mut WatchState)) {
        change(&mut self.state.lock());
        self.stirred.notify_all();
    }

    /// Waits for its next round; whether anybody listens, or none when it is over.
    fn wait(&self, housekeeping_at: Instant) -> Option<bool> {
        let mut state = self.state.lock();
        let pause =
            if state.listeners > 0 { POLL_EVERY } else { housekeeping_at.saturating_duration_since(Instant::now()) };
        let listeners = state.listeners;
        let unchanged = |state: &mut WatchState| !state.over && state.listeners == listeners;
        self.stirred.wait_while_for(&mut state, unchanged, pause);
        (!state.over).then_some(state.listeners > 0)
    }
}

/// What the thread works with.
pub(super) struct Watcher {
    pub(super) home: BusFiles,
    pub(super) connection: Connection,
    pub(super) writer: WriterThread,
    pub(super) watch: Arc<WatchSignal>,
}

impl Watcher {
    /// Starts the thread; `notify` is called when anything was written.
    pub(super) fn start(self, notify: impl Fn() + Send + 'static) -> Result<(), BusError> {
        let file = self.home.file.clone();
        std::thread::Builder::new()
            .name("bus-watcher".to_owned())
            .spawn(move || self.run(notify))
            .map(drop)
            .map_err(|error| error::io(&file, &error))
    }

    fn run(self, notify: impl Fn()) {
        let mut seen = None;
        let mut check_members_at = Instant::now();
        let mut housekeeping_at = Instant::now() + HOUSEKEEPING_EVERY;
        while let Some(listened) = self.watch.wait(housekeeping_at) {
            let now = Instant::now();
            if listened {
                // AssignmentChanges with every transaction of any other connection, in this process or elsewhere.
                let version: Option<i64> =
                    self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok();
                if version != seen {
                    seen = version;
                    notify();
                }
            }
            if listened && now >= check_members_at {
                self.say(self.check_members(), "could not look for members that have died");
                check_members_at = now + CHECK_MEMBERS_EVERY;
            }
            if now >= housekeeping_at {
                self.say(housekeeping::run(&self.writer, Timestamp::now()), "could not remove old records");
                housekeeping_at = now + HOUSEKEEPING_EVERY;
            }
        }
    }

    fn check_members(&self) -> Result<(), BusError> {
        remove_dead_members(
            &self.home,
            &self.writer,
            membership::instances(&self.connection).map_err(|error| error.into_error(&self.home.file))?,
        )
    }

    fn say(&self, result: Result<(), BusError>, what: &str) {
        if let Err(error) = result {
            tracing::warn!(%error, "{what}");
        }
    }
}

/// Removes the members of those of these open buses that are dead. For a thread that may block.
pub(super) fn remove_dead_members(
    home: &BusFiles,
    writer: &WriterThread,
    mut instances: Vec<String>,
) -> Result<(), BusError> {
    instances.retain(|instance| !home.is_alive(instance));
    if instances.is_empty() {
        return Ok(());
    }
    let removed = writer.write_blocking(move |connection| membership::remove_instances(connection, &instances))?;
    tracing::info!(members = removed, "members of a group died without leaving; their partitions are free");
    Ok(())
}
