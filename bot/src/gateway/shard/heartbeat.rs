//! The heartbeat of one connection: when the next one is due, and whether Discord acknowledged the last one.

use crate::gateway::chance;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Bounds the CPU time that a wrong interval in Hello can cost.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// Heartbeat state of a connection.
#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Duration,
    /// When the next heartbeat is due.
    pub(super) due: Instant,
    acknowledged: bool,
}

impl Heartbeat {
    /// Reads the interval from the data of Hello.
    pub(super) fn from_hello(hello: &Value) -> Option<Self> {
        let interval = Duration::from_millis(hello.get("heartbeat_interval")?.as_u64()?).max(SHORTEST_INTERVAL);
        // Discord asks for a random first delay, so that reconnecting bots do not beat in step.
        Some(Self { interval, due: Instant::now() + chance::part_of(interval), acknowledged: true })
    }

    /// Schedules the next heartbeat. Returns false if Discord did not acknowledge the last one: the connection is
    /// dead although its socket is open.
    pub(super) fn advance(&mut self) -> bool {
        self.due = Instant::now() + self.interval;
        std::mem::take(&mut self.acknowledged)
    }

    pub(super) fn acknowledge(&mut self) {
        self.acknowledged = true;
    }
}
