//! What clients can take from the HTTP server, and what they cannot.

use rtfm_shared::{
    health::Health,
    http_server::{self, HttpLimits},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

const NEVER: Duration = Duration::from_secs(86_400);
const SOON: Duration = Duration::from_millis(50);

async fn serve(limits: HttpLimits) -> (SocketAddr, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    tokio::spawn(http_server::serve(listener, Health::new().router(), limits, shutdown.clone()));
    (address, shutdown)
}

async fn connect(address: SocketAddr, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

/// Reads one answer to a request for `/healthz`.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    while !answer.contains("alive") {
        let mut part = [0; 1_024];
        let length = timeout(Duration::from_secs(30), stream.read(&mut part)).await.expect("an answer").unwrap();
        assert!(length > 0, "the connection ended after {answer:?}");
        answer.push_str(std::str::from_utf8(&part[..length]).unwrap());
    }
    answer
}

/// Waits until the server has ended the connection.
async fn ended(mut stream: TcpStream) {
    let rest = timeout(Duration::from_secs(30), stream.read_to_end(&mut Vec::new())).await.expect("it ends");
    assert!(rest.is_ok() || rest.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
}

const REQUEST: &str = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hold_their_connections_keep_nobody_out() {
    let limits = HttpLimits { head_time: NEVER, ..HttpLimits::default() };
    let (address, _) = serve(limits).await;
    let mut held = Vec::new();
    for n in 0..400 {
        held.push(connect(address, ["", "GET /healthz HTTP/1.1\r\nX-Slow: "][n % 2]).await);
        if n % 100 == 0 {
            answer(&mut connect(address, REQUEST).await).await;
        }
    }
    answer(&mut connect(address, REQUEST).await).await;
    for oldest in held.drain(..400 - limits.connections) {
        ended(oldest).await;
    }
    held.pop().unwrap().write_all(b"1\r\nHost: test\r\n\r\n").await.expect("the newest are open");
}

#[tokio::test]
async fn a_connection_without_a_request_ends() {
    let (address, _) = serve(HttpLimits { head_time: SOON, ..HttpLimits::default() }).await;
    ended(connect(address, "").await).await;
    ended(connect(address, "GET /healthz HTTP/1.1\r\nX-Slow: ").await).await;
    let mut slow = connect(address, "GET /healthz HTTP/1.1\r\nX-Slow: ").await;
    let trickle = async { while slow.write_all(b"x").await.is_ok() && answers_nothing(&mut slow).await {} };
    timeout(Duration::from_secs(30), trickle).await.expect("a head that never ends is cut off");
    let mut idle = connect(address, REQUEST).await;
    assert!(answer(&mut idle).await.starts_with("HTTP/1.1 200"));
    ended(idle).await;
}

/// Whether the connection is open and has sent nothing for a millisecond.
async fn answers_nothing(stream: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(1), stream.read(&mut [0; 1])).await.is_err()
}

#[tokio::test]
async fn a_connection_takes_many_requests_and_ends_with_the_server() {
    let (address, shutdown) = serve(HttpLimits { head_time: NEVER, connections: 1 }).await;
    let mut stream = connect(address, REQUEST).await;
    answer(&mut stream).await;
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    answer(&mut stream).await;
    shutdown.cancel();
    ended(stream).await;
}
