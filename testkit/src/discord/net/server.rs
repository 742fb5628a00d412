//! The HTTP server behind both listeners: reads a whole request, asks the state for the reply, and applies faults to
//! the connection.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use axum::serve::{IncomingStream, Listener};
use tokio::sync::mpsc::UnboundedReceiver;

use super::io::{Connection, Kill};
use crate::discord::faults::Action;
use crate::discord::rest::reply::Reply;
use crate::discord::rest::request::RestCall;
use crate::discord::rest::{self};
use crate::discord::state::Core;

/// The largest request: ten files of ten MiB, and their overhead.
const LARGEST: usize = 128 * 1024 * 1024;

/// Decrypted connections as a listener for axum.
pub(crate) struct Connections(pub(crate) UnboundedReceiver<Connection>);

impl Listener for Connections {
    type Io = Connection;
    type Addr = ();

    async fn accept(&mut self) -> (Connection, ()) {
        match self.0.recv().await {
            Some(connection) => (connection, ()),
            // The listeners are gone because the fake is being dropped.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Connected<IncomingStream<'_, Connections>> for Kill {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.io().kill()
    }
}

/// Serves HTTP on these connections.
pub(crate) async fn serve(core: Arc<Core>, connections: Connections) {
    let closing = core.closing.clone();
    let router = Router::new().fallback(answer).with_state(core);
    let server = axum::serve(connections, router.into_make_service_with_connect_info::<Kill>());
    tokio::select! {
        () = closing.cancelled() => {}
        _ = std::future::IntoFuture::into_future(server) => {}
    }
}

async fn answer(
    State(core): State<Arc<Core>>,
    ConnectInfo(kill): ConnectInfo<Kill>,
    request: Request<Body>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return response(Reply::empty(413));
    };
    let call = RestCall::new(&head, body);
    let (reply, fault) = core.change(|state| rest::answer(state, &call));
    match fault {
        Some(Action::Hang) => std::future::pending().await,
        Some(Action::Reset | Action::LoseReply) => {
            kill.now();
            std::future::pending().await
        }
        Some(Action::Delay(by)) => tokio::time::sleep(by).await,
        Some(Action::Answer { .. } | Action::Garble { .. } | Action::Bend { .. }) | None => {}
    }
    response(reply)
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
