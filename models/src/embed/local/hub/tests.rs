//! Fetching from a server on loopback that breaks off, lies, and is away.

use super::*;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

const TEXT: &str = "weights that are long enough to break off in the middle";
const SHORT: Duration = Duration::from_millis(1);

/// What the server does with one request.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// Sends what is asked for.
    Whole,
    /// Sends so many bytes of it and hangs up.
    Breaks(usize),
    /// Sends the whole file whatever is asked for.
    NoRanges,
    /// Sends other bytes.
    Lies,
    Status(u16),
}

/// A server and the ranges that were asked of it.
async fn server(turns: Vec<Turn>) -> (Url, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/model/", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    tokio::spawn(async move {
        for turn in turns {
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
            heard.lock().unwrap().push(from);
            let lie = "x".repeat(TEXT.len());
            let (status, body, sent) = match turn {
                Turn::Whole => (206, &TEXT[from..], usize::MAX),
                Turn::Breaks(after) => (206, &TEXT[from..], after),
                Turn::NoRanges => (200, TEXT, usize::MAX),
                Turn::Lies => (200, lie.as_str(), usize::MAX),
                Turn::Status(status) => (status, "", usize::MAX),
            };
            let status = if status == 206 && from == 0 { 200 } else { status };
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            write.write_all(head.as_bytes()).await.unwrap();
            write.write_all(&body.as_bytes()[..sent.min(body.len())]).await.unwrap();
        }
    });
    (url, asked)
}

async fn fetched(turns: Vec<Turn>) -> (Result<String, String>, Vec<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let (url, asked) = server(turns).await;
    let sha256 = digest(TEXT.as_bytes());
    let file = Wanted { name: "weights", bytes: TEXT.len() as u64, sha256: &sha256 };
    let outcome = fetch_all(&url, folder.path(), &[file], SHORT).await.map_err(|error| error.to_string());
    let text = outcome.map(|()| std::fs::read_to_string(folder.path().join("weights")).unwrap());
    let there = folder.path().join("weights").exists();
    assert_eq!(there, text.is_ok(), "only what is right gets its name");
    if there {
        fetch_all(&url, folder.path(), &[file], SHORT).await.expect("what is there is not asked for again");
    }
    let asked = asked.lock().unwrap().clone();
    (text, asked)
}

#[tokio::test]
async fn what_broke_off_is_gone_on_with() {
    assert_eq!(fetched(vec![Turn::Whole]).await, (Ok(TEXT.to_owned()), vec![0]));
    let (text, asked) = fetched(vec![Turn::Breaks(9), Turn::Status(503), Turn::Breaks(11), Turn::Whole]).await;
    assert_eq!((text, asked), (Ok(TEXT.to_owned()), vec![0, 9, 9, 20]));
    let (text, asked) = fetched(vec![Turn::Breaks(9), Turn::NoRanges]).await;
    assert_eq!((text, asked), (Ok(TEXT.to_owned()), vec![0, 9]), "without ranges it begins again");
}

#[tokio::test]
async fn another_file_is_never_taken() {
    assert_eq!(fetched(vec![Turn::Lies, Turn::Whole]).await, (Ok(TEXT.to_owned()), vec![0, 0]));
    let (refused, asked) = fetched(vec![Turn::Lies; 5]).await;
    assert!(refused.unwrap_err().contains("not the file that it must be"));
    assert_eq!(asked, [0; 5]);
}

#[tokio::test]
async fn a_refusal_names_the_address_and_the_remedy() {
    let (refused, asked) = fetched(vec![Turn::Status(404)]).await;
    let refused = refused.unwrap_err();
    assert!(refused.contains("/model/weights") && refused.contains("404"), "{refused}");
    assert!(refused.contains("LOCAL_MODEL_URL") && refused.contains("LOCAL_MODEL_DIR"), "{refused}");
    assert_eq!(asked, [0], "no other try would help");
}

#[tokio::test]
async fn two_processes_fetch_once() {
    let folder = tempfile::tempdir().unwrap();
    let (url, asked) = server(vec![Turn::Whole]).await;
    let sha256 = digest(TEXT.as_bytes());
    let files = [Wanted { name: "weights", bytes: TEXT.len() as u64, sha256: &sha256 }];
    let both =
        tokio::join!(fetch_all(&url, folder.path(), &files, SHORT), fetch_all(&url, folder.path(), &files, SHORT));
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert_eq!(*asked.lock().unwrap(), [0]);
}
