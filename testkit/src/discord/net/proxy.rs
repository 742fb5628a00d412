//! The HTTP CONNECT proxy that `HTTPS_PROXY` names. It connects nowhere and terminates TLS itself.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio_rustls::TlsAcceptor;

use super::io::Connection;
use super::tls::HOSTS;
use crate::discord::state::Core;

/// How connections come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// TLS from the first byte.
    Direct,
    /// `CONNECT host:443` first.
    Proxy,
}

/// Accepts connections and hands them, decrypted, to the HTTP server.
pub(crate) async fn serve(
    core: Arc<Core>,
    listener: TcpListener,
    entrance: Entrance,
    acceptor: TlsAcceptor,
    out: UnboundedSender<Connection>,
) {
    loop {
        tokio::select! {
            () = core.closing.cancelled() => return,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (core, acceptor, out) = (core.clone(), acceptor.clone(), out.clone());
                tokio::spawn(async move {
                    let stream = match entrance {
                        Entrance::Direct => Some(stream),
                        Entrance::Proxy => connect(&core, stream).await,
                    };
                    let Some(stream) = stream else { return };
                    let _ = stream.set_nodelay(true);
                    // A client that does not trust the authority fails here and reports that itself.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let connection = Connection::new(stream);
                        core.adopt(connection.kill());
                        let _ = out.send(connection);
                    }
                });
            }
        }
    }
}

/// Reads the CONNECT request and grants it for the fake's hosts. A client that disconnects before its request (a
/// process killed while connecting) is no failure.
async fn connect(core: &Core, stream: TcpStream) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream);
    let request = line(&mut reader).await?;
    while !line(&mut reader).await?.trim().is_empty() {}
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let host = target.strip_suffix(":443").unwrap_or_default();
    if method != "CONNECT" || !HOSTS.contains(&host) {
        core.change(|state| state.fail(format!("the proxy was asked for {:?}", request.trim())));
        let _ = reader.get_mut().write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        return None;
    }
    reader.get_mut().write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    // The client sends TLS only after the reply, so the reader has buffered none of it.
    Some(reader.into_inner())
}

/// The next line; `None` if the client disconnects before its end.
async fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).await.ok()?;
    line.ends_with('\n').then_some(line)
}
