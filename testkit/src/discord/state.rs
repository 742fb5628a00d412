//! The state behind every listener and handle, and its lock. REST handlers, actors and gateway connections hold the
//! lock for one step and never await under it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serenity::all::{GatewayIntents, GuildId, InteractionId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::faults::QueuedFault;
use super::gateway::control::ConnectionFault;
use super::gateway::session::Session;
use super::net::io::Kill;
use super::ops::commands::Command;
use super::ops::interactions::Interaction;
use super::recorder::{GatewayRequest, RestRequest};
use super::rest::limits::Limits;
use super::schema::Schema;
use super::world::World;

/// Options of a test, set before the start.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) token: String,
    pub(crate) allowed_intents: GatewayIntents,
    pub(crate) heartbeat_ms: u64,
    /// How many shards Discord recommends, and how many it demands.
    pub(crate) shards: u64,
    pub(crate) shards_demanded: u64,
    /// How many new sessions may still begin, and when there may be more.
    pub(crate) starts: (u64, Duration),
    pub(crate) max_concurrency: u64,
    /// How long after a new session the next one of the same bucket may begin.
    pub(crate) identify_every: Option<Duration>,
    pub(crate) rate_limits: bool,
    pub(crate) real_deadlines: bool,
}

/// Everything the fake knows.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) gateway_url: String,
    pub(crate) world: World,
    pub(crate) commands: BTreeMap<Option<GuildId>, Vec<Command>>,
    pub(crate) interactions: BTreeMap<InteractionId, Interaction>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) connection_faults: VecDeque<ConnectionFault>,
    /// Where READY says that sessions are resumed, if not where they began.
    pub(crate) resume_at: Option<String>,
    /// Whether RESUMED carries the number of the last event instead of one of its own.
    pub(crate) resumed_unnumbered: bool,
    pub(crate) silent_resumes: bool,
    /// The address that REST names in place of the gateway's.
    pub(crate) announced: Option<String>,
    /// The fault of every connection while it is set.
    pub(crate) outage: Option<ConnectionFault>,
    /// A shard of which no session may begin.
    pub(crate) withheld_shard: Option<u64>,
    /// When a session of each bucket began last.
    pub(crate) identified: BTreeMap<u64, Instant>,
    pub(crate) connections: u64,
    pub(crate) silent_heartbeats: bool,
    pub(crate) faults: Vec<QueuedFault>,
    pub(crate) limits: Limits,
    pub(crate) schema: Schema,
    pub(crate) requests: Vec<RestRequest>,
    pub(crate) gateway_requests: Vec<GatewayRequest>,
    pub(crate) typing: BTreeMap<serenity::all::ChannelId, usize>,
    pub(crate) expired_links: bool,
    pub(crate) tolerated: BTreeSet<u16>,
    pub(crate) failures: Vec<String>,
}

impl State {
    /// Records a failure, which fails the test at its end.
    pub(crate) fn fail(&mut self, what: String) {
        tracing::error!("fake discord: {what}");
        self.failures.push(what);
    }
}

/// The state, its lock, and the notification of changes.
pub(crate) struct Core {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    kills: Mutex<Vec<Kill>>,
    /// Cancelled when the fake is dropped: ends every task.
    pub(crate) closing: CancellationToken,
}

impl Core {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
            kills: Mutex::default(),
            closing: CancellationToken::new(),
        }
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        // A panicking test must still be able to report, so a poisoned lock is used as it is.
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and wakes every waiting task.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|version| *version += 1);
        result
    }

    /// Subscribes to every later change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Registers a connection's kill switch for the end of the fake.
    pub(crate) fn adopt(&self, kill: Kill) {
        self.kills.lock().unwrap_or_else(PoisonError::into_inner).push(kill);
    }

    /// Ends every task and connection.
    pub(crate) fn close(&self) {
        self.closing.cancel();
        for kill in self.kills.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            kill.now();
        }
    }
}
