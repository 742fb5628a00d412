//! A WebSocket to the gateway: payloads out, and frames in, of which some are one whole zlib stream.

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

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// More than any payload of Discord's holds.
const LONGEST: u64 = 256 << 20;

/// What came.
#[derive(Debug)]
pub(super) enum Received {
    /// An event and its number in the session.
    Event(u64, Box<Event>),
    /// Anything else that means something.
    Control(u8, Value),
    /// Something that cannot be read, and its number if it has one.
    Unreadable(Option<u64>, String),
    /// Nothing that concerns anybody.
    Nothing,
    /// The connection is closed, with a code or without.
    Closed(Option<u16>),
    /// The connection is gone.
    Gone(String),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    patience: Duration,
}

impl Wire {
    /// Connects; nothing on this connection may ever take longer than `patience`.
    pub(super) async fn connect(gateway: &str, patience: Duration) -> Result<Self, String> {
        let url = format!("{}/?v=10&encoding=json", gateway.trim_end_matches('/'));
        match timeout(patience, connect_async(url)).await {
            Ok(Ok((socket, _))) => Ok(Self { socket, patience }),
            Ok(Err(error)) => Err(format!("cannot connect: {error}")),
            Err(_) => Err("cannot connect in time".to_owned()),
        }
    }

    /// What comes next. It may be given up at any time and loses nothing by it.
    pub(super) async fn receive(&mut self) -> Received {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => read(&text),
            Some(Ok(Message::Binary(bytes))) => {
                let mut text = String::new();
                match ZlibDecoder::new(&*bytes).take(LONGEST).read_to_string(&mut text) {
                    Ok(_) => read(&text),
                    Err(error) => Received::Unreadable(None, error.to_string()),
                }
            }
            Some(Ok(Message::Close(frame))) => Received::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Received::Nothing,
            Some(Err(error)) => Received::Gone(error.to_string()),
            None => Received::Gone("the connection ended".to_owned()),
        }
    }

    /// Sends a payload.
    pub(super) async fn send(&mut self, op: u8, data: Value) -> Result<(), String> {
        let payload = Message::text(json!({"op": op, "d": data}).to_string());
        match timeout(self.patience, self.socket.send(payload)).await {
            Ok(sent) => sent.map_err(|error| format!("cannot send: {error}")),
            Err(_) => Err("cannot send in time".to_owned()),
        }
    }

    /// Closes the connection; with 1000 the session is given up, with anything else it lives on.
    pub(super) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        // Whoever does not answer is left alone.
        let _ = timeout(GOODBYE, self.socket.close(Some(frame))).await;
    }
}

#[derive(Deserialize)]
struct Head {
    op: u8,
    s: Option<u64>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    d: Value,
}

fn read(text: &str) -> Received {
    let head: Head = match serde_json::from_str(text) {
        Ok(head) => head,
        Err(error) => return Received::Unreadable(None, error.to_string()),
    };
    let unreadable = |error: serde_json::Error| Received::Unreadable(head.s, error.to_string());
    if head.op != 0 {
        return serde_json::from_str(text).map_or_else(unreadable, |body: Body| Received::Control(head.op, body.d));
    }
    match serde_json::from_str(text) {
        Ok(GatewayEvent::Dispatch(number, Event::Unknown(event))) => Received::Unreadable(Some(number), event.kind),
        Ok(GatewayEvent::Dispatch(number, event)) => Received::Event(number, Box::new(event)),
        Ok(_) => Received::Nothing,
        Err(error) => unreadable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_testkit::discord::FakeDiscord;

    #[tokio::test]
    async fn tls_is_spoken_and_nobody_is_trusted_blindly() {
        let discord = FakeDiscord::start().await;
        let gateway = format!("wss://localhost:{}", discord.address().port());
        let error = Wire::connect(&gateway, Duration::from_secs(30)).await.unwrap_err();
        assert!(error.contains("certificate"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_keeps_its_number() {
        let unreadable = |text: &str| match read(text) {
            Received::Unreadable(number, _) => number,
            other => panic!("{other:?}"),
        };
        assert_eq!(unreadable(r#"{"op":0,"s":7,"t":"MESSAGE_CREATE","d":{"id":"no id"}}"#), Some(7));
        assert_eq!(unreadable(r#"{"op":0,"s":8,"t":"NEVER_HEARD_OF","d":{}}"#), Some(8));
        assert_eq!(unreadable("{"), None);
        assert!(matches!(read(r#"{"op":9,"s":null,"t":null,"d":true}"#), Received::Control(9, Value::Bool(true))));
    }
}
