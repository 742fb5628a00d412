//! Opens one connection of a shard: connects, reads Hello, then identifies or resumes.

use super::{
    close::{CloseAction, GatewayRefusal, action_after},
    heartbeat::Heartbeat,
    identify::IdentifySlot,
    socket::{GatewayPayload, GatewaySocket},
};
use crate::gateway::times::GatewayTimes;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use serenity::model::gateway::GatewayIntents;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Discord keeps the session after any close code but 1000 and 1001.
pub(super) const KEEP_SESSION: u16 = 4000;

pub(super) mod op {
    pub(crate) const HEARTBEAT: u8 = 1;
    pub(crate) const IDENTIFY: u8 = 2;
    pub(crate) const RESUME: u8 = 6;
    pub(crate) const RECONNECT: u8 = 7;
    pub(crate) const INVALID_SESSION: u8 = 9;
    pub(crate) const HELLO: u8 = 10;
    pub(crate) const HEARTBEAT_ACK: u8 = 11;
}

/// Settings of one connection.
#[derive(Debug)]
pub(super) struct ConnectConfig<'a> {
    pub(super) token: &'a SecretString,
    /// Shard number and shard count.
    pub(super) shard: (u32, u32),
    pub(super) intents: GatewayIntents,
    pub(super) times: GatewayTimes,
    pub(super) stop: &'a CancellationToken,
}

/// A session that a later connection can resume.
#[derive(Clone, Debug)]
pub(super) struct GatewaySession {
    pub(super) id: String,
    /// The URL that READY names for resuming.
    pub(super) resume_url: String,
    /// Sequence number of the last event received.
    pub(super) sequence: u64,
}

impl GatewaySession {
    /// Records a sequence number. Returns false for an event that was received before.
    pub(super) fn advance(&mut self, sequence: u64) -> bool {
        let is_new = sequence > self.sequence;
        self.sequence = self.sequence.max(sequence);
        is_new
    }
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum ConnectionEnd {
    /// The connection broke; the session, if there is one, may be resumed.
    Broken(String),
    /// Discord answered neither Identify nor Resume.
    Unanswered,
    /// The session is invalid.
    SessionInvalid(String),
    /// Discord refuses the bot.
    Refused(GatewayRefusal),
    Stopped,
}

impl ConnectionEnd {
    /// The end that a close frame means.
    pub(super) fn closed(code: Option<u16>) -> Self {
        let why = || code.map_or_else(|| "closed without a code".to_owned(), |code| format!("closed with code {code}"));
        match action_after(code) {
            CloseAction::Resume => Self::Broken(why()),
            CloseAction::Identify => Self::SessionInvalid(why()),
            CloseAction::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// Connects, then resumes `session`, or identifies when there is none and consumes `slot`.
pub(super) async fn open(
    config: &ConnectConfig<'_>,
    url: &str,
    slot: Option<IdentifySlot<'_>>,
    session: Option<&GatewaySession>,
) -> Result<(GatewaySocket, Heartbeat), ConnectionEnd> {
    let step_timeout = config.times.step_timeout;
    let connect = config.stop.run_until_cancelled(GatewaySocket::connect(url, step_timeout));
    let mut socket = connect.await.ok_or(ConnectionEnd::Stopped)?.map_err(ConnectionEnd::Broken)?;
    let hello = config.stop.run_until_cancelled(timeout(step_timeout, hello(&mut socket)));
    let Ok(heartbeat) = hello.await.ok_or(ConnectionEnd::Stopped)? else {
        socket.close(KEEP_SESSION).await;
        return Err(ConnectionEnd::Broken("no Hello in time".to_owned()));
    };
    let heartbeat = heartbeat?;
    let (op, data) = match session {
        Some(session) => (op::RESUME, resume(config, session)),
        None => (op::IDENTIFY, identify(config)),
    };
    socket.send(op, data).await.map_err(ConnectionEnd::Broken)?;
    if let Some(slot) = slot {
        slot.consume();
    }
    Ok((socket, heartbeat))
}

/// Waits for Hello, the first payload of every connection.
async fn hello(socket: &mut GatewaySocket) -> Result<Heartbeat, ConnectionEnd> {
    loop {
        match socket.receive().await {
            GatewayPayload::Control(op::HELLO, data) => {
                return Heartbeat::from_hello(&data)
                    .ok_or_else(|| ConnectionEnd::Broken("Hello has no heartbeat interval".to_owned()));
            }
            GatewayPayload::Closed(code) => return Err(ConnectionEnd::closed(code)),
            GatewayPayload::Lost(why) => return Err(ConnectionEnd::Broken(why)),
            _ => {}
        }
    }
}

fn identify(config: &ConnectConfig<'_>) -> Value {
    json!({
        "token": config.token.expose_secret(), "intents": config.intents.bits(), "compress": true,
        "shard": [config.shard.0, config.shard.1], "large_threshold": 250,
        "properties": {"os": std::env::consts::OS, "browser": "rtfm", "device": "rtfm"},
    })
}

fn resume(config: &ConnectConfig<'_>, session: &GatewaySession) -> Value {
    json!({"token": config.token.expose_secret(), "session_id": session.id, "seq": session.sequence})
}
