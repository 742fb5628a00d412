//! One connection of a shard: Hello, a session begun or taken up, heartbeats and events, to its end.

use super::{
    close::{After, Refusal, meaning},
    identify::Turn,
    wire::{Received, Wire},
};
use crate::gateway::{chance, dispatch::ShardEventHandler as Ear, times::GatewayTimes};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use serenity::model::{event::Event, gateway::GatewayIntents};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Any code but 1000 and 1001, after which Discord forgets the session.
const SESSION_LIVES: u16 = 4000;
const GOODBYE: u16 = 1000;
/// Whatever Discord says, no heartbeat follows another sooner.
const SHORTEST_BEAT: Duration = Duration::from_millis(20);

mod op {
    pub(super) const HEARTBEAT: u8 = 1;
    pub(super) const IDENTIFY: u8 = 2;
    pub(super) const RESUME: u8 = 6;
    pub(super) const RECONNECT: u8 = 7;
    pub(super) const INVALID_SESSION: u8 = 9;
    pub(super) const HELLO: u8 = 10;
    pub(super) const ACKNOWLEDGED: u8 = 11;
}

/// What one connection needs to know.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    pub(super) token: &'a SecretString,
    pub(super) shard: (u32, u32),
    pub(super) intents: GatewayIntents,
    pub(super) times: GatewayTimes,
    pub(super) stop: &'a CancellationToken,
}

/// A session that can be taken up again.
#[derive(Clone, Debug)]
pub(super) struct Session {
    id: String,
    /// Where Discord wants it taken up.
    pub(super) gateway: String,
    /// The number of the last event that was heard.
    seen: u64,
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// Something broke; the session may be taken up again, if there is one.
    Broken(String),
    /// The session is gone.
    Invalid(String),
    /// Discord does not want it.
    Refused(Refusal),
    /// The bot stops.
    Stopped,
}

/// Serves one connection. The session is kept up to date with it; the `turn` is there when one must be begun.
pub(super) async fn serve(
    terms: &Terms<'_>,
    gateway: &str,
    turn: Option<Turn<'_>>,
    session: &mut Option<Session>,
    ear: &mut Ear,
) -> End {
    let patience = terms.times.patience;
    let mut wire = match terms.stop.run_until_cancelled(Wire::connect(gateway, patience)).await {
        Some(Ok(wire)) => wire,
        Some(Err(why)) => return End::Broken(why),
        None => return End::Stopped,
    };
    let beat = match terms.stop.run_until_cancelled(timeout(patience, hello(&mut wire))).await {
        Some(Ok(Ok(beat))) => beat,
        Some(Ok(Err(end))) => return end,
        Some(Err(_)) => {
            wire.close(SESSION_LIVES).await;
            return End::Broken("no Hello came".to_owned());
        }
        None => return End::Stopped,
    };
    let (code, data) = match session.as_ref() {
        Some(session) => (op::RESUME, resume(terms, session)),
        None => (op::IDENTIFY, identify(terms)),
    };
    if let Err(why) = wire.send(code, data).await {
        return End::Broken(why);
    }
    if let Some(turn) = turn {
        turn.take();
    }
    let talk = Talk { wire, terms, beat: Beat::new(beat), greeting: Some(Instant::now() + patience) };
    talk.run(session, ear).await
}

/// Waits for the first thing that Discord says: how often it wants to hear from us.
async fn hello(wire: &mut Wire) -> Result<Duration, End> {
    loop {
        match wire.receive().await {
            Received::Control(op::HELLO, data) => {
                let every = data.get("heartbeat_interval").and_then(Value::as_u64);
                let every = every.ok_or_else(|| End::Broken("a Hello without an interval".to_owned()))?;
                return Ok(Duration::from_millis(every).max(SHORTEST_BEAT));
            }
            Received::Closed(code) => return Err(closed(code)),
            Received::Gone(why) => return Err(End::Broken(why)),
            _ => {}
        }
    }
}

fn identify(terms: &Terms<'_>) -> Value {
    json!({
        "token": terms.token.expose_secret(), "intents": terms.intents.bits(), "compress": true,
        "shard": [terms.shard.0, terms.shard.1], "large_threshold": 250,
        "properties": {"os": std::env::consts::OS, "browser": "rtfm", "device": "rtfm"},
    })
}

fn resume(terms: &Terms<'_>, session: &Session) -> Value {
    json!({"token": terms.token.expose_secret(), "session_id": session.id, "seq": session.seen})
}

fn closed(code: Option<u16>) -> End {
    let why = || code.map_or_else(|| "closed without a code".to_owned(), |code| format!("closed with code {code}"));
    match meaning(code) {
        After::Resume => End::Broken(why()),
        After::Identify => End::Invalid(why()),
        After::Refused(refusal) => End::Refused(refusal),
    }
}

/// The heartbeats of a connection.
#[derive(Debug)]
struct Beat {
    every: Duration,
    next: Instant,
    acknowledged: bool,
}

impl Beat {
    /// The first one comes by chance within the first interval, as Discord wants it.
    fn new(every: Duration) -> Self {
        Self { every, next: Instant::now() + chance::part_of(every), acknowledged: true }
    }
}

/// A connection after Hello.
struct Talk<'a> {
    wire: Wire,
    terms: &'a Terms<'a>,
    beat: Beat,
    /// When READY, RESUMED, or an event that is played back must have come, until the session stands.
    greeting: Option<Instant>,
}

/// What is next on a connection.
enum Next {
    Came(Received),
    Beat,
    NoGreeting,
    Stop,
}

impl Talk<'_> {
    async fn run(mut self, session: &mut Option<Session>, ear: &mut Ear) -> End {
        loop {
            let greeting = self.greeting;
            let next = tokio::select! {
                () = self.terms.stop.cancelled() => Next::Stop,
                () = sleep_until(self.beat.next) => Next::Beat,
                () = async { sleep_until(greeting.unwrap_or_else(Instant::now)).await }, if greeting.is_some() =>
                    Next::NoGreeting,
                received = self.wire.receive() => Next::Came(received),
            };
            let end = match next {
                Next::Stop => {
                    self.wire.close(GOODBYE).await;
                    return End::Stopped;
                }
                Next::NoGreeting => Some(End::Broken("no greeting came".to_owned())),
                Next::Beat => self.beat(session.as_ref()).await,
                Next::Came(Received::Closed(code)) => {
                    self.wire.close(SESSION_LIVES).await;
                    return closed(code);
                }
                Next::Came(Received::Gone(why)) => return End::Broken(why),
                Next::Came(received) => self.hear(received, session, ear).await,
            };
            if let Some(end) = end {
                self.wire.close(SESSION_LIVES).await;
                return end;
            }
        }
    }

    /// Sends a heartbeat, unless the last one was for nothing.
    async fn beat(&mut self, session: Option<&Session>) -> Option<End> {
        if !self.beat.acknowledged {
            return Some(End::Broken("a heartbeat was not acknowledged".to_owned()));
        }
        self.beat.acknowledged = false;
        self.beat.next = Instant::now() + self.beat.every;
        self.send_heartbeat(session).await
    }

    async fn send_heartbeat(&mut self, session: Option<&Session>) -> Option<End> {
        let seen = session.map(|session| session.seen);
        self.wire.send(op::HEARTBEAT, json!(seen)).await.err().map(End::Broken)
    }

    async fn hear(&mut self, received: Received, session: &mut Option<Session>, ear: &mut Ear) -> Option<End> {
        match received {
            Received::Event(number, event) => {
                self.greet(&event);
                if let Event::Ready(ready) = &*event {
                    let ready = &ready.ready;
                    let (id, gateway) = (ready.session_id.clone(), ready.resume_gateway_url.clone());
                    *session = Some(Session { id, gateway, seen: number });
                } else if !heard_anew(session.as_mut(), number) && !matches!(&*event, Event::Resumed(_)) {
                    return None;
                }
                ear.hear(*event);
            }
            Received::Unreadable(number, why) => {
                if let Some(number) = number {
                    heard_anew(session.as_mut(), number);
                }
                ear.unreadable(why);
            }
            Received::Control(op::HEARTBEAT, _) => return self.send_heartbeat(session.as_ref()).await,
            Received::Control(op::ACKNOWLEDGED, _) => self.beat.acknowledged = true,
            Received::Control(op::RECONNECT, _) => {
                return Some(End::Broken("Discord asks for another connection".to_owned()));
            }
            Received::Control(op::INVALID_SESSION, resumable) => {
                let why = "Discord calls the session invalid".to_owned();
                return Some(if resumable == json!(true) { End::Broken(why) } else { End::Invalid(why) });
            }
            Received::Control(..) | Received::Nothing | Received::Closed(_) | Received::Gone(_) => {}
        }
        None
    }

    /// The session stands, or is on its way to it.
    fn greet(&mut self, event: &Event) {
        self.greeting = match event {
            Event::Ready(_) | Event::Resumed(_) => None,
            _ => self.greeting.map(|_| Instant::now() + self.terms.times.patience),
        };
    }
}

/// Keeps the number of the last event; false for one that was heard before.
fn heard_anew(session: Option<&mut Session>, number: u64) -> bool {
    let Some(session) = session else { return false };
    let is_new = number > session.seen;
    session.seen = session.seen.max(number);
    is_new
}
