//! One gateway connection: reads the client's payloads and runs the session's commands.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::control::ConnectionFault;
use super::session::Order;
use crate::discord::recorder::GatewayRequest;
use crate::discord::state::Core;

/// How long a closed connection waits for the client's own close frame.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

const MINUTE: Duration = Duration::from_secs(60);

/// State of one connection.
pub(crate) struct Connection {
    pub(crate) number: u64,
    pub(crate) orders: mpsc::UnboundedSender<Order>,
    pub(crate) session: Option<String>,
    pub(crate) compress: bool,
    pub(crate) acknowledges: bool,
    /// When each of the latest payloads came.
    recent: VecDeque<Instant>,
}

impl Connection {
    /// Counts a payload; more than 120 a minute are too many.
    fn too_many(&mut self) -> bool {
        let now = Instant::now();
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|first| now.duration_since(*first) > MINUTE) {
            self.recent.pop_front();
        }
        self.recent.len() > 120
    }
}

/// Serves a connection to its end.
pub(crate) async fn run(core: Arc<Core>, stream: TcpStream) {
    let (number, fault, hello) = core.change(|state| {
        state.connections += 1;
        let fault = state.connection_faults.pop_front().or(state.outage);
        (state.connections, fault, state.settings.heartbeat_ms)
    });
    if matches!(fault, Some(ConnectionFault::Refuse)) {
        reset(stream);
        return;
    }
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, check_version).await else { return };
    if matches!(fault, Some(ConnectionFault::DropAfterUpgrade)) {
        let _ = socket.get_mut().shutdown().await;
        return;
    }
    let (orders, mut inbox) = mpsc::unbounded_channel();
    let acknowledges = !matches!(fault, Some(ConnectionFault::NoAcknowledgement));
    let mut connection =
        Connection { number, orders, session: None, compress: false, acknowledges, recent: VecDeque::new() };
    if !matches!(fault, Some(ConnectionFault::NoHello)) {
        let _ = connection.orders.send(Order::Send(
            json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": hello, "_trace": []}}).to_string(),
        ));
    }
    loop {
        tokio::select! {
            biased;
            Some(order) = inbox.recv() => match order {
                Order::Send(payload) => {
                    if socket.send(frame(payload, connection.compress)).await.is_err() {
                        break;
                    }
                }
                Order::Stall => {
                    disconnected(&core, &connection, false);
                    // Until the fake is dropped, and the socket with it.
                    return std::future::pending().await;
                }
                last => {
                    finish(socket, last).await;
                    return disconnected(&core, &connection, false);
                }
            },
            received = socket.next() => match received {
                Some(Ok(Frame::Text(text))) => hear(&core, &mut connection, &text),
                Some(Ok(Frame::Close(frame))) => {
                    // A client that closes with 1000 or 1001 ends its session.
                    let over = frame.is_some_and(|frame| matches!(u16::from(frame.code), 1000 | 1001));
                    return disconnected(&core, &connection, over);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
        }
    }
    disconnected(&core, &connection, false);
}

fn hear(core: &Core, connection: &mut Connection, text: &str) {
    core.change(|state| {
        let Ok(payload) = serde_json::from_str::<Value>(text) else {
            let _ = connection.orders.send(Order::Close(4002));
            return;
        };
        if connection.too_many() {
            let _ = connection.orders.send(Order::Close(4008));
            return;
        }
        let op = payload.get("op").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let data = payload.get("d").cloned().unwrap_or_default();
        state.gateway_requests.push(GatewayRequest { connection: connection.number, op, data: data.clone() });
        super::handshake::answer(state, connection, op, &data);
    });
}

fn disconnected(core: &Core, connection: &Connection, over: bool) {
    core.change(|state| {
        for session in &mut state.sessions {
            if session.link.as_ref().is_some_and(|link| link.connection == connection.number) {
                session.link = None;
                session.resumable &= !over;
            }
        }
    });
}

/// One payload as a frame: text, or one complete zlib stream for clients that asked for it.
fn frame(payload: String, compress: bool) -> Frame {
    if !compress {
        return Frame::text(payload);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    match encoder.write_all(payload.as_bytes()).and_then(|()| encoder.finish()) {
        Ok(bytes) => Frame::binary(bytes),
        Err(_) => Frame::text(payload),
    }
}

async fn finish(mut socket: WebSocketStream<TcpStream>, order: Order) {
    let close = match order {
        Order::Close(code) => Some(CloseFrame { code: code.into(), reason: "".into() }),
        Order::CloseEmpty => None,
        Order::Reset => {
            let _ = socket.get_ref().set_zero_linger();
            return;
        }
        Order::Finish | Order::Send(_) | Order::Stall => {
            let _ = socket.get_mut().shutdown().await;
            return;
        }
    };
    if socket.send(Frame::Close(close)).await.is_ok() {
        let drained = async { while let Some(Ok(_)) = socket.next().await {} };
        let _ = tokio::time::timeout(CLOSE_PATIENCE, drained).await;
    }
}

/// Ends a connection with RST instead of FIN.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
    drop(stream);
}

#[allow(clippy::result_large_err, reason = "the callback's type is the library's")]
fn check_version(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    let is_v10 = request.uri().query().unwrap_or_default().split('&').any(|part| part == "v=10");
    if !is_v10 {
        return Err(ErrorResponse::new(Some("this gateway speaks v=10".to_owned())));
    }
    Ok(response)
}
