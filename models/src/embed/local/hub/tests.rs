//! Downloads from a loopback server that drops connections, sends wrong bytes and refuses.

use super::*;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

const TEXT: &str = "weights that are long enough to break off in the middle";
const SHORT: Duration = Duration::from_millis(1);

/// How the server answers one request.
#[derive(Clone, Copy, Debug)]
enum ServerReply {
    /// Sends the bytes that the request asks for.
    Complete,
    /// Sends this many of the bytes, then closes the connection.
    Truncated(usize),
    /// Ignores the range and sends the whole file.
    NoRanges,
    /// Sends other bytes of the same length.
    WrongBytes,
    Status(u16),
}

/// Starts a server; returns its address and the range starts that it receives.
async fn server(replies: Vec<ServerReply>) -> (Url, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/model/", listener.local_addr().unwrap()).parse().unwrap();
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let received = ranges.clone();
    tokio::spawn(async move {
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.split();
            let mut lines = BufReader::new(read).lines();
            assert_eq!(lines.next_line().await.unwrap().unwrap(), "GET /model/weights HTTP/1.1");
            let mut from = 0;
            while let Some(line) = lines.next_line().await.unwrap().filter(|line| !line.is_empty()) {
                if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                    from = range.trim_end_matches('-').parse().unwrap();
                }
            }
            received.lock().unwrap().push(from);
            let wrong = "x".repeat(TEXT.len());
            let (status, body, sent) = match reply {
                ServerReply::Complete => (206, &TEXT[from..], usize::MAX),
                ServerReply::Truncated(after) => (206, &TEXT[from..], after),
                ServerReply::NoRanges => (200, TEXT, usize::MAX),
                ServerReply::WrongBytes => (200, wrong.as_str(), usize::MAX),
                ServerReply::Status(status) => (status, "", usize::MAX),
            };
            let status = if status == 206 && from == 0 { 200 } else { status };
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            write.write_all(head.as_bytes()).await.unwrap();
            write.write_all(&body.as_bytes()[..sent.min(body.len())]).await.unwrap();
        }
    });
    (url, ranges)
}

async fn fetch_from(replies: Vec<ServerReply>) -> (Result<String, String>, Vec<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let (url, ranges) = server(replies).await;
    let sha256 = digest(TEXT.as_bytes());
    let file = ModelFile { name: "weights", bytes: TEXT.len() as u64, sha256: &sha256 };
    let outcome = fetch_all(&url, folder.path(), &[file], SHORT).await.map_err(|error| error.to_string());
    let text = outcome.map(|()| std::fs::read_to_string(folder.path().join("weights")).unwrap());
    let there = folder.path().join("weights").exists();
    assert_eq!(there, text.is_ok(), "only a verified file gets its final name");
    if there {
        fetch_all(&url, folder.path(), &[file], SHORT).await.expect("a complete file causes no request");
    }
    let ranges = ranges.lock().unwrap().clone();
    (text, ranges)
}

#[tokio::test]
async fn a_broken_download_resumes() {
    assert_eq!(fetch_from(vec![ServerReply::Complete]).await, (Ok(TEXT.to_owned()), vec![0]));
    let (text, ranges) = fetch_from(vec![
        ServerReply::Truncated(9),
        ServerReply::Status(503),
        ServerReply::Truncated(11),
        ServerReply::Complete,
    ])
    .await;
    assert_eq!((text, ranges), (Ok(TEXT.to_owned()), vec![0, 9, 9, 20]));
    let (text, ranges) = fetch_from(vec![ServerReply::Truncated(9), ServerReply::NoRanges]).await;
    assert_eq!((text, ranges), (Ok(TEXT.to_owned()), vec![0, 9]), "a server without ranges restarts it");
}

#[tokio::test]
async fn a_file_with_another_digest_is_rejected() {
    assert_eq!(
        fetch_from(vec![ServerReply::WrongBytes, ServerReply::Complete]).await,
        (Ok(TEXT.to_owned()), vec![0, 0])
    );
    let (result, ranges) = fetch_from(vec![ServerReply::WrongBytes; 5]).await;
    assert!(result.unwrap_err().contains("its SHA-256 is not the model's"));
    assert_eq!(ranges, [0; 5]);
}

#[tokio::test]
async fn a_permanent_failure_names_the_address_and_the_remedy() {
    let (result, ranges) = fetch_from(vec![ServerReply::Status(404)]).await;
    let error = result.unwrap_err();
    assert!(error.contains("/model/weights") && error.contains("404"), "{error}");
    assert!(error.contains("LOCAL_MODEL_URL") && error.contains("LOCAL_MODEL_DIR"), "{error}");
    assert_eq!(ranges, [0], "a permanent failure is not retried");
}

#[tokio::test]
async fn an_error_hides_what_is_secret_in_the_address() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing listens on port 0.
    let url = "http://ana:sesame@127.0.0.1:0/model?token=hush".parse().unwrap();
    let file = ModelFile { name: "weights", bytes: 1, sha256: "" };
    let error = fetch_all(&url, folder.path(), &[file], SHORT).await.unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:0/model/weights"), "{error}");
    assert!(!error.contains("sesame") && !error.contains("hush"), "{error}");
}

#[tokio::test]
async fn concurrent_fetches_download_once() {
    let folder = tempfile::tempdir().unwrap();
    let (url, ranges) = server(vec![ServerReply::Complete]).await;
    let sha256 = digest(TEXT.as_bytes());
    let files = [ModelFile { name: "weights", bytes: TEXT.len() as u64, sha256: &sha256 }];
    let both =
        tokio::join!(fetch_all(&url, folder.path(), &files, SHORT), fetch_all(&url, folder.path(), &files, SHORT));
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert_eq!(*ranges.lock().unwrap(), [0]);
}
