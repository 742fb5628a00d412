//! A misbehaving file server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// The response of a path.
#[derive(Clone)]
pub(crate) enum Page {
    /// The file's bytes.
    File(Vec<u8>),
    /// A status line and a header.
    Status(&'static str, String),
    /// A content length without the bytes.
    Promise(usize),
    /// Endless bytes, whatever the announced length.
    Endless,
    /// No response at all.
    Silence,
    /// The first page for a number of requests, then the second.
    After(usize, Box<Page>, Box<Page>),
    /// The file once the test releases it; notifies the test of the request.
    Held(Arc<Notify>, Arc<Notify>, Vec<u8>),
}

/// Serves on loopback until it is dropped.
pub(crate) struct FileServer {
    port: u16,
    asked: Arc<Mutex<HashMap<String, usize>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl FileServer {
    pub(crate) async fn start(pages: impl IntoIterator<Item = (&str, Page)>) -> Self {
        let pages: HashMap<String, Page> = pages.into_iter().map(|(path, page)| (path.to_owned(), page)).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let (pages, counts) = (Arc::new(pages), asked.clone());
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (pages, counts) = (pages.clone(), counts.clone());
                tokio::spawn(async move { drop(answer(stream, &pages, &counts).await) });
            }
        });
        Self { port, asked, serving }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The number of requests for a path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().get(path).copied().unwrap_or_default()
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    stream: TcpStream,
    pages: &HashMap<String, Page>,
    counts: &Mutex<HashMap<String, usize>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut header = String::new();
    while stream.read_line(&mut header).await? > 2 {
        header.clear();
    }
    let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let before = {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(path.clone()).or_default();
        *count += 1;
        *count - 1
    };
    let mut page = pages.get(&path).cloned().unwrap_or(Page::Status("404 Not Found", String::new()));
    while let Page::After(times, first, then) = page {
        page = if before < times { *first } else { *then };
    }
    let stream = stream.get_mut();
    match page {
        Page::File(bytes) => file(stream, &bytes).await?,
        Page::Status(status, header) => {
            let answer = format!("HTTP/1.1 {status}\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await?;
        }
        Page::Promise(length) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            std::future::pending::<()>().await;
        }
        Page::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            let chunk = format!("400\r\n{}\r\n", "a".repeat(0x400));
            loop {
                stream.write_all(chunk.as_bytes()).await?;
            }
        }
        Page::Silence => std::future::pending::<()>().await,
        Page::Held(asked, release, bytes) => {
            asked.notify_one();
            release.notified().await;
            file(stream, &bytes).await?;
        }
        Page::After(..) => unreachable!("unfolded above"),
    }
    stream.shutdown().await
}

async fn file(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(bytes).await
}
