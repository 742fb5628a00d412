//! A gateway session: the client's identity, its events, and its connection. A session without a connection keeps
//! collecting events and replays them on resume.

use serde_json::{Value, json};
use serenity::all::{GatewayIntents, GuildId};
use tokio::sync::mpsc::UnboundedSender;

/// Commands to a connection's task.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Send this payload.
    Send(String),
    /// Send a close frame with this code.
    Close(u16),
    /// Send a close frame without a code.
    CloseEmpty,
    /// Leave the connection open, and neither read nor write on it.
    Stall,
    /// Reset the TCP connection.
    Reset,
    /// End the TCP stream without a close frame.
    Finish,
}

/// The live connection of a session.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) connection: u64,
    pub(crate) orders: UnboundedSender<Order>,
}

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) intents: GatewayIntents,
    pub(crate) shard: (u64, u64),
    pub(crate) sequence: u64,
    pub(crate) sent: Vec<(u64, String)>,
    pub(crate) link: Option<Link>,
    pub(crate) resumable: bool,
}

impl Session {
    /// Numbers a payload, keeps it, and sends it if the session is connected.
    pub(crate) fn push(&mut self, event: &str, data: &Value) -> String {
        self.sequence += 1;
        let payload = json!({"op": 0, "s": self.sequence, "t": event, "d": data}).to_string();
        self.sent.push((self.sequence, payload.clone()));
        self.order(Order::Send(payload.clone()));
        payload
    }

    pub(crate) fn order(&self, order: Order) {
        if let Some(link) = &self.link {
            // A connection that has just ended no longer reads: the event is in the replay buffer.
            let _ = link.orders.send(order);
        }
    }

    /// Whether this shard serves the guild; direct messages go to the first.
    pub(crate) fn serves(&self, guild: Option<GuildId>) -> bool {
        let (shard, total) = self.shard;
        guild.map_or(0, |guild| (guild.get() >> 22) % total.max(1)) == shard
    }
}
