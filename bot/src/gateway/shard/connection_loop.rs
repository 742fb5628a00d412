//! The loop of an open connection: heartbeats out, events in, until it breaks, is closed or the bot stops.

use super::{
    connection::{ConnectConfig, ConnectionEnd, GatewaySession, KEEP_SESSION, op},
    heartbeat::Heartbeat,
    socket::{GatewayPayload, GatewaySocket},
};
use crate::gateway::dispatch::ShardEventHandler;
use serde_json::json;
use serenity::model::event::Event;
use tokio::time::{Instant, sleep_until};

/// Normal closure: Discord ends the session and shows the bot as offline.
const END_SESSION: u16 = 1000;

/// A connection that has sent Identify or Resume.
pub(super) struct ConnectionLoop<'a> {
    socket: GatewaySocket,
    heartbeat: Heartbeat,
    config: &'a ConnectConfig<'a>,
    /// When READY, RESUMED or the next replayed event is overdue; none once the session is established.
    session_deadline: Option<Instant>,
}

/// What the loop handles next.
enum LoopEvent {
    Payload(GatewayPayload),
    HeartbeatDue,
    SessionOverdue,
    Stop,
}

impl<'a> ConnectionLoop<'a> {
    pub(super) fn new(socket: GatewaySocket, heartbeat: Heartbeat, config: &'a ConnectConfig<'a>) -> Self {
        Self { socket, heartbeat, config, session_deadline: Some(Instant::now() + config.times.step_timeout) }
    }

    pub(super) async fn run(
        mut self,
        session: &mut Option<GatewaySession>,
        handler: &mut ShardEventHandler,
    ) -> ConnectionEnd {
        loop {
            let end = match self.next().await {
                LoopEvent::Stop => {
                    self.socket.close(END_SESSION).await;
                    return ConnectionEnd::Stopped;
                }
                LoopEvent::SessionOverdue => Some(ConnectionEnd::Unanswered),
                LoopEvent::HeartbeatDue => self.beat(session.as_ref()).await,
                LoopEvent::Payload(GatewayPayload::Lost(why)) => return ConnectionEnd::Broken(why),
                LoopEvent::Payload(GatewayPayload::Closed(code)) => Some(ConnectionEnd::closed(code)),
                LoopEvent::Payload(payload) => self.handle(payload, session, handler).await,
            };
            if let Some(end) = end {
                self.socket.close(KEEP_SESSION).await;
                return end;
            }
        }
    }

    async fn next(&mut self) -> LoopEvent {
        let deadline = self.session_deadline;
        tokio::select! {
            () = self.config.stop.cancelled() => LoopEvent::Stop,
            () = sleep_until(self.heartbeat.due) => LoopEvent::HeartbeatDue,
            () = async { sleep_until(deadline.unwrap_or_else(Instant::now)).await }, if deadline.is_some() =>
                LoopEvent::SessionOverdue,
            payload = self.socket.receive() => LoopEvent::Payload(payload),
        }
    }

    /// Sends the heartbeat that is due, unless Discord ignored the last one.
    async fn beat(&mut self, session: Option<&GatewaySession>) -> Option<ConnectionEnd> {
        if !self.heartbeat.advance() {
            return Some(ConnectionEnd::Broken("heartbeat not acknowledged".to_owned()));
        }
        self.send_heartbeat(session).await
    }

    async fn send_heartbeat(&mut self, session: Option<&GatewaySession>) -> Option<ConnectionEnd> {
        let sequence = session.map(|session| session.sequence);
        self.socket.send(op::HEARTBEAT, json!(sequence)).await.err().map(ConnectionEnd::Broken)
    }

    async fn handle(
        &mut self,
        payload: GatewayPayload,
        session: &mut Option<GatewaySession>,
        handler: &mut ShardEventHandler,
    ) -> Option<ConnectionEnd> {
        match payload {
            GatewayPayload::Event(sequence, event) => self.handle_event(sequence, *event, session, handler),
            GatewayPayload::Unreadable(sequence, why) => {
                // It counts as received: a replay would be just as unreadable.
                if let (Some(sequence), Some(session)) = (sequence, session) {
                    session.advance(sequence);
                }
                handler.unreadable(why);
            }
            GatewayPayload::Control(op::HEARTBEAT, _) => return self.send_heartbeat(session.as_ref()).await,
            GatewayPayload::Control(op::HEARTBEAT_ACK, _) => self.heartbeat.acknowledge(),
            GatewayPayload::Control(op::RECONNECT, _) => {
                return Some(ConnectionEnd::Broken("Discord requests a reconnect".to_owned()));
            }
            GatewayPayload::Control(op::INVALID_SESSION, resumable) => {
                let why = "Discord reports an invalid session".to_owned();
                return Some(match resumable == json!(true) {
                    true => ConnectionEnd::Broken(why),
                    false => ConnectionEnd::SessionInvalid(why),
                });
            }
            GatewayPayload::Control(..)
            | GatewayPayload::Ignored
            | GatewayPayload::Closed(_)
            | GatewayPayload::Lost(_) => {}
        }
        None
    }

    fn handle_event(
        &mut self,
        sequence: u64,
        event: Event,
        session: &mut Option<GatewaySession>,
        handler: &mut ShardEventHandler,
    ) {
        self.session_deadline = match &event {
            Event::Ready(_) | Event::Resumed(_) => None,
            // Discord replays missed events before RESUMED; each one extends the deadline.
            _ => self.session_deadline.map(|_| Instant::now() + self.config.times.step_timeout),
        };
        if let Event::Ready(ready) = &event {
            let (id, resume_url) = (ready.ready.session_id.clone(), ready.ready.resume_gateway_url.clone());
            *session = Some(GatewaySession { id, resume_url, sequence });
        } else {
            let is_new = session.as_mut().is_some_and(|session| session.advance(sequence));
            if !is_new && !matches!(event, Event::Resumed(_)) {
                return;
            }
        }
        handler.handle(event);
    }
}
