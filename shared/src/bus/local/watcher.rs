//! The watching thread: it detects other processes' writes, removes members of dead processes and runs housekeeping.
//! Without listeners it sleeps.

use super::{error, files::BusFiles, housekeeping, membership, writer::WriterThread};
use crate::bus::BusError;
use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Interval of checks for other processes' records.
const POLL_EVERY: Duration = Duration::from_millis(25);
/// Interval of checks for dead processes.
const CHECK_MEMBERS_EVERY: Duration = Duration::from_millis(500);
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(300);

/// The number of listeners and the end of the thread.
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

    pub(super) fn end(&self) {
        self.change(|state| state.over = true);
    }

    fn change(&self, change: impl FnOnce(&mut WatchState)) {
        change(&mut self.state.lock());
        self.stirred.notify_all();
    }

    /// Waits for the next round; returns whether anybody listens, `None` at the end.
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

pub(super) struct Watcher {
    pub(super) files: BusFiles,
    pub(super) connection: Connection,
    pub(super) writer: WriterThread,
    pub(super) watch: Arc<WatchSignal>,
}

impl Watcher {
    /// Starts the thread; it calls `notify` after every write.
    pub(super) fn start(self, notify: impl Fn() + Send + 'static) -> Result<(), BusError> {
        let file = self.files.file.clone();
        std::thread::Builder::new()
            .name("bus-watcher".to_owned())
            .spawn(move || self.run(notify))
            .map(drop)
            .map_err(|error| error::io(&file, &error))
    }

    fn run(self, notify: impl Fn()) {
        let mut seen = None;
        let mut check_members_at = Instant::now();
        // At once: a process may end before the interval does, and records expire while none runs.
        let mut housekeeping_at = Instant::now();
        while let Some(listened) = self.watch.wait(housekeeping_at) {
            let now = Instant::now();
            if listened {
                // Changes with every transaction of another connection, here or in another process.
                let version: Option<i64> =
                    self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok();
                if version != seen {
                    seen = version;
                    notify();
                }
            }
            if listened && now >= check_members_at {
                self.say(self.check_members(), "failed to remove members of dead processes");
                check_members_at = now + CHECK_MEMBERS_EVERY;
            }
            if now >= housekeeping_at {
                self.say(
                    housekeeping::run(&self.files, &self.writer, Timestamp::now()),
                    "failed to remove old records",
                );
                housekeeping_at = now + HOUSEKEEPING_EVERY;
            }
        }
    }

    fn check_members(&self) -> Result<(), BusError> {
        remove_dead_members(
            &self.files,
            &self.writer,
            membership::instances(&self.connection).map_err(|error| error.into_error(&self.files.file))?,
        )
    }

    fn say(&self, result: Result<(), BusError>, what: &str) {
        if let Err(error) = result {
            tracing::warn!(%error, "{what}");
        }
    }
}

/// Removes the members of those instances that are dead. Blocks.
pub(super) fn remove_dead_members(
    files: &BusFiles,
    writer: &WriterThread,
    mut instances: Vec<String>,
) -> Result<(), BusError> {
    instances.retain(|instance| !files.is_alive(instance));
    if instances.is_empty() {
        return Ok(());
    }
    let removed = writer.write_blocking(move |connection| membership::remove_instances(connection, &instances))?;
    tracing::info!(members = removed, "removed members of dead processes, their partitions are free");
    Ok(())
}
