//! The WebSocket to the gateway: sends payloads, and decodes frames into serenity's events. With payload compression
//! each binary frame is one complete zlib stream.

use flate2::read::ZlibDecoder;
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use serenity::model::event::{Event, GatewayEvent};
use std::{io::Read, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Time limit for the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Limit for an unpacked payload, above the largest that Discord sends.
const MAX_PAYLOAD: u64 = 256 << 20;

/// A payload from Discord, or the end of the connection.
#[derive(Debug)]
pub(super) enum GatewayPayload {
    /// An event with its sequence number.
    Event(u64, Box<Event>),
    /// Any other opcode with its data.
    Control(u8, Value),
    /// An undecodable payload: its sequence number, if legible, and its event name or the error.
    Unreadable(Option<u64>, String),
    /// A frame without meaning for the session, such as a ping.
    Ignored,
    /// Discord closed the connection, with or without a code.
    Closed(Option<u16>),
    /// The connection broke without a close frame.
    Lost(String),
}

/// An open WebSocket to the gateway.
#[derive(Debug)]
pub(super) struct GatewaySocket {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    step_timeout: Duration,
}

impl GatewaySocket {
    /// Connects. `step_timeout` limits connecting and every later send.
    pub(super) async fn connect(url: &str, step_timeout: Duration) -> Result<Self, String> {
        let url = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
        match timeout(step_timeout, connect_async(url)).await {
            Ok(Ok((socket, _))) => Ok(Self { socket, step_timeout }),
            Ok(Err(error)) => Err(format!("failed to connect: {error}")),
            Err(_) => Err("timed out connecting".to_owned()),
        }
    }

    /// Receives the next payload. Cancel-safe.
    pub(super) async fn receive(&mut self) -> GatewayPayload {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => decode(&text),
            Some(Ok(Message::Binary(bytes))) => {
                let mut text = String::new();
                match ZlibDecoder::new(&*bytes).take(MAX_PAYLOAD).read_to_string(&mut text) {
                    Ok(_) => decode(&text),
                    Err(error) => GatewayPayload::Unreadable(None, error.to_string()),
                }
            }
            Some(Ok(Message::Close(frame))) => GatewayPayload::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => GatewayPayload::Ignored,
            Some(Err(error)) => GatewayPayload::Lost(error.to_string()),
            None => GatewayPayload::Lost("the connection ended".to_owned()),
        }
    }

    pub(super) async fn send(&mut self, op: u8, data: Value) -> Result<(), String> {
        let payload = Message::text(json!({"op": op, "d": data}).to_string());
        match timeout(self.step_timeout, self.socket.send(payload)).await {
            Ok(sent) => sent.map_err(|error| format!("failed to send: {error}")),
            Err(_) => Err("timed out sending".to_owned()),
        }
    }

    /// Closes the connection. Code 1000 also ends the session.
    pub(super) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        // A peer that does not answer is dropped.
        let _ = timeout(CLOSE_TIMEOUT, self.socket.close(Some(frame))).await;
    }
}

#[derive(Deserialize)]
struct PayloadHeader {
    op: u8,
    s: Option<u64>,
}

#[derive(Deserialize)]
struct PayloadBody {
    #[serde(default)]
    d: Value,
}

fn decode(text: &str) -> GatewayPayload {
    let header: PayloadHeader = match serde_json::from_str(text) {
        Ok(header) => header,
        Err(error) => return GatewayPayload::Unreadable(None, error.to_string()),
    };
    let unreadable = |error: serde_json::Error| GatewayPayload::Unreadable(header.s, error.to_string());
    if header.op != 0 {
        return serde_json::from_str(text)
            .map_or_else(unreadable, |body: PayloadBody| GatewayPayload::Control(header.op, body.d));
    }
    match serde_json::from_str(text) {
        Ok(GatewayEvent::Dispatch(number, Event::Unknown(event))) => {
            GatewayPayload::Unreadable(Some(number), event.kind)
        }
        Ok(GatewayEvent::Dispatch(number, event)) => GatewayPayload::Event(number, Box::new(event)),
        Ok(_) => GatewayPayload::Ignored,
        Err(error) => unreadable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_testkit::discord::FakeDiscord;

    #[tokio::test]
    async fn an_untrusted_certificate_is_rejected() {
        let discord = FakeDiscord::start().await;
        let url = format!("wss://localhost:{}", discord.address().port());
        let error = GatewaySocket::connect(&url, Duration::from_secs(30)).await.unwrap_err();
        assert!(error.contains("certificate"), "{error}");
    }

    #[test]
    fn an_unreadable_payload_keeps_its_sequence_number() {
        let unreadable = |text: &str| match decode(text) {
            GatewayPayload::Unreadable(number, _) => number,
            other => panic!("{other:?}"),
        };
        assert_eq!(unreadable(r#"{"op":0,"s":7,"t":"MESSAGE_CREATE","d":{"id":"no id"}}"#), Some(7));
        assert_eq!(unreadable(r#"{"op":0,"s":8,"t":"NEVER_HEARD_OF","d":{}}"#), Some(8));
        assert_eq!(unreadable("{"), None);
        assert!(matches!(
            decode(r#"{"op":9,"s":null,"t":null,"d":true}"#),
            GatewayPayload::Control(9, Value::Bool(true))
        ));
    }
}
