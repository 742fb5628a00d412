//! The gateway: a WebSocket on a raw TCP listener, which allows resets, closes without a code, and silence.

pub(crate) mod connection;
pub(crate) mod control;
pub(crate) mod emit;
pub(crate) mod handshake;
pub(crate) mod members;
pub(crate) mod session;

use std::sync::Arc;

use tokio::net::TcpListener;

use super::state::Core;

/// Accepts gateway connections until the fake is dropped.
pub(crate) async fn serve(core: Arc<Core>, listener: TcpListener) {
    loop {
        tokio::select! {
            () = core.closing.cancelled() => return,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let core = core.clone();
                tokio::spawn(async move {
                    let closing = core.closing.clone();
                    tokio::select! {
                        () = closing.cancelled() => {}
                        () = connection::run(core, stream) => {}
                    }
                });
            }
        }
    }
}
