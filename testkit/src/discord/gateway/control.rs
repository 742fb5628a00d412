//! A test's control over the gateway, and its view of it.

use std::sync::Arc;

use serde_json::{Value, json};
use serenity::all::GatewayIntents;

use super::session::Order;
use crate::discord::recorder::GatewayRequest;
use crate::discord::state::Core;
use crate::discord::watch::wait;

/// A failure of the next connection to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFault {
    /// TCP is accepted and reset before the upgrade.
    Refuse,
    /// The upgrade succeeds and the stream ends.
    DropAfterUpgrade,
    /// Hello never comes.
    NoHello,
    /// Heartbeats on this connection are never acknowledged.
    NoAcknowledgement,
}

/// A test's handle on the gateway.
#[derive(Clone)]
pub struct Gateway {
    core: Arc<Core>,
}

impl Gateway {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// How many sessions are connected now.
    pub fn connected(&self) -> usize {
        self.core.read(|state| state.sessions.iter().filter(|session| session.link.is_some()).count())
    }

    /// How many TCP connections the gateway has accepted.
    pub fn connections(&self) -> u64 {
        self.core.read(|state| state.connections)
    }

    /// Everything that clients sent, in order.
    pub fn received(&self) -> Vec<GatewayRequest> {
        self.core.read(|state| state.gateway_requests.clone())
    }

    /// How many times a client identified.
    pub fn identifies(&self) -> usize {
        self.count(2)
    }

    /// How many times a client asked to resume.
    pub fn resumes(&self) -> usize {
        self.count(6)
    }

    /// How many heartbeats arrived.
    pub fn heartbeats(&self) -> usize {
        self.count(1)
    }

    fn count(&self, op: u64) -> usize {
        self.core.read(|state| state.gateway_requests.iter().filter(|request| request.op == op).count())
    }

    /// Waits until a session is connected.
    pub async fn wait_connected(&self) {
        wait::until(&self.core, "a session on the gateway", || (self.connected() > 0).then_some(())).await;
    }

    /// Makes the next connection fail; several calls make several connections fail.
    pub fn fail_next_connection(&self, fault: ConnectionFault) {
        self.core.change(|state| state.connection_faults.push_back(fault));
    }

    /// Makes every later connection fail; `None` ends that.
    pub fn fail_connections(&self, fault: Option<ConnectionFault>) {
        self.core.change(|state| state.outage = fault);
    }

    /// Refuses new sessions of this shard; `None` ends that.
    pub fn withhold_shard(&self, shard: Option<u64>) {
        self.core.change(|state| state.withheld_shard = shard);
    }

    /// Lets new sessions be told to resume at this address.
    pub fn resume_at(&self, url: &str) {
        self.core.change(|state| state.resume_at = Some(url.to_owned()));
    }

    /// Names another address of the gateway to those who ask over REST; `None` names its own again.
    pub fn announce(&self, url: Option<&str>) {
        self.core.change(|state| state.announced = url.map(str::to_owned));
    }

    /// Never answers a resume, or answers again.
    pub fn ignore_resumes(&self, ignore: bool) {
        self.core.change(|state| state.silent_resumes = ignore);
    }

    /// Lets RESUMED carry the number of the event before it, which Discord's documentation leaves open.
    pub fn resumed_without_number(&self) {
        self.core.change(|state| state.resumed_unnumbered = true);
    }

    /// The shards that are connected now, each with its number and the number of all.
    pub fn shards(&self) -> Vec<(u64, u64)> {
        self.core.read(|state| {
            let mut shards: Vec<_> =
                state.sessions.iter().filter(|session| session.link.is_some()).map(|session| session.shard).collect();
            shards.sort_unstable();
            shards
        })
    }

    /// The intents of the sessions that are connected now.
    pub fn intents(&self) -> Vec<GatewayIntents> {
        self.core.read(|state| {
            state.sessions.iter().filter(|session| session.link.is_some()).map(|session| session.intents).collect()
        })
    }

    /// Recommends and requires this number of shards: sessions with fewer are closed with 4011.
    pub fn demand_shards(&self, count: u64) {
        self.core.change(|state| {
            (state.settings.shards, state.settings.shards_demanded) = (count, count);
            for session in state.sessions.iter_mut().filter(|session| session.shard.1 < count) {
                session.resumable = false;
                session.order(Order::Close(4011));
            }
        });
    }

    /// Keeps every connection open, and neither reads nor writes on it any more.
    pub fn stall(&self) {
        self.order(&Order::Stall);
    }

    /// Stops acknowledging heartbeats, or resumes it.
    pub fn ignore_heartbeats(&self, ignore: bool) {
        self.core.change(|state| state.silent_heartbeats = ignore);
    }

    /// Asks every client to reconnect and resume (op 7).
    pub fn reconnect(&self) {
        self.send_raw(&json!({"op": 7, "s": null, "t": null, "d": null}).to_string());
    }

    /// Tells every client that its session is invalid (op 9), resumable or not.
    pub fn invalidate(&self, resumable: bool) {
        if !resumable {
            self.forget_sessions();
        }
        self.send_raw(&json!({"op": 9, "s": null, "t": null, "d": resumable}).to_string());
    }

    /// Makes every session impossible to resume, as after a long outage.
    pub fn forget_sessions(&self) {
        self.core.change(|state| state.sessions.iter_mut().for_each(|session| session.resumable = false));
    }

    /// Closes every connection with this code.
    pub fn close(&self, code: u16) {
        self.order(&Order::Close(code));
    }

    /// Closes every connection with a frame that has no code.
    pub fn close_without_code(&self) {
        self.order(&Order::CloseEmpty);
    }

    /// Resets every TCP connection.
    pub fn reset(&self) {
        self.order(&Order::Reset);
    }

    /// Ends every TCP stream without a close frame.
    pub fn hang_up(&self) {
        self.order(&Order::Finish);
    }

    /// Sends any text to every client, well formed or not; nothing checks it.
    pub fn send_raw(&self, text: &str) {
        self.order(&Order::Send(text.to_owned()));
    }

    /// Sends an event that no client library knows how to read, properly numbered.
    pub fn send_malformed(&self, event: &str) {
        self.core.change(|state| {
            for session in &mut state.sessions {
                session.push(event, &json!({"id": "not a snowflake"}));
            }
        });
    }

    /// Sends the last event of this name again, as Discord sometimes does.
    pub fn repeat_last(&self, event: &str) {
        self.core.change(|state| {
            for session in &mut state.sessions {
                let last = session.sent.iter().rev().find_map(|(_, payload)| {
                    let payload: Value = serde_json::from_str(payload).ok()?;
                    (payload.get("t")?.as_str()? == event).then(|| payload.get("d").cloned())?
                });
                if let Some(data) = last {
                    session.push(event, &data);
                }
            }
        });
    }

    fn order(&self, order: &Order) {
        self.core.change(|state| {
            for session in &state.sessions {
                session.order(order.clone());
            }
        });
    }
}
