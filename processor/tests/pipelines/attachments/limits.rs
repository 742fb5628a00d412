//! Files that are not read, and the outcome that the metrics record.

use super::{
    Memory, carrier, config, in_files, memory,
    server::{FileServer, Page},
    short, small,
};
use crate::common::{created, found, said};
use metrics_exporter_prometheus::PrometheusBuilder;
use rtfm_processor::index::attachments::AttachmentConfig;
use rtfm_shared::event::{ChatMessage, MessageEvent};
use std::time::{Duration, Instant};

/// Indexes the message, checks that search finds it, and returns the counts of its files by outcome.
async fn counted(config: AttachmentConfig, message: &ChatMessage) -> Vec<(String, u64)> {
    counted_in(&memory(config).await, message).await
}

/// The same, in a memory.
pub(super) async fn counted_in(memory: &Memory, message: &ChatMessage) -> Vec<(String, u64)> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let guard = metrics::set_default_local_recorder(&recorder);
    memory.index.apply(&[created(message)]).await.unwrap();
    drop(guard);
    let id = message.message_id.snowflake().unwrap();
    assert!(found(&*memory.store, "see the file").await.contains(&id), "the message is found without its file");
    let lines = handle.render();
    let counts = lines.lines().filter_map(|line| line.strip_prefix("rtfm_attachments_total{outcome=\""));
    counts
        .map(|line| {
            let (labels, count) = line.rsplit_once(' ').unwrap();
            (labels.replace("\",reason=\"", " ").replace("\"}", ""), count.parse().unwrap())
        })
        .collect()
}

pub(super) fn once(outcome: &str) -> Vec<(String, u64)> {
    vec![(outcome.to_owned(), 1)]
}

#[tokio::test]
async fn a_file_is_skipped_when_discord_the_header_or_the_body_shows_that_it_is_too_large() {
    let server = FileServer::start([
        ("/promise.txt", Page::Promise(10_000_000)),
        ("/endless.txt", Page::Endless),
        ("/file.txt", Page::File(vec![b'a'; 100_001])),
    ])
    .await;
    for path in ["/promise.txt", "/endless.txt", "/file.txt"] {
        let message = carrier(&server, 1, "a.txt", path);
        assert_eq!(counted(small(&server), &message).await, once("skipped too_large"), "{path}");
        assert_eq!(server.asked(path), 1, "{path} is not retried");
    }
    let mut message = carrier(&server, 1, "a.txt", "/never.txt");
    message.attachments[0].size = 100_001;
    assert_eq!(counted(small(&server), &message).await, once("skipped too_large"));
    assert_eq!(server.asked("/never.txt"), 0, "a file that Discord reports as too large is not requested");
}

#[tokio::test]
async fn a_slow_file_times_out() {
    let server = FileServer::start([("/silence.txt", Page::Silence), ("/promise.txt", Page::Promise(500))]).await;
    for path in ["/silence.txt", "/promise.txt"] {
        let begun = Instant::now();
        let message = carrier(&server, 1, "a.txt", path);
        assert_eq!(counted(short(&server), &message).await, once("skipped slow"));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_missing_file_is_skipped_and_a_flaky_server_is_retried() {
    let gone = |status| Page::Status(status, String::new());
    let flaky = Page::After(2, Box::new(gone("503 Service Unavailable")), Box::new(Page::File(b"storks".to_vec())));
    let server = FileServer::start([
        ("/gone.txt", gone("404 Not Found")),
        ("/expired.txt", gone("403 Forbidden")),
        ("/broken.txt", gone("500 Internal Server Error")),
        ("/flaky.txt", flaky),
    ])
    .await;
    let outcome = async |path: &str| counted(config(&server), &carrier(&server, 1, "a.txt", path)).await;
    assert_eq!(outcome("/gone.txt").await, once("skipped gone"));
    assert_eq!(outcome("/expired.txt").await, once("skipped gone"));
    assert_eq!(outcome("/broken.txt").await, once("skipped failed"));
    assert_eq!(outcome("/flaky.txt").await, once("read none"));
    let asked = ["/gone.txt", "/expired.txt", "/broken.txt", "/flaky.txt"].map(|path| server.asked(path));
    assert_eq!(asked, [1, 1, 4, 3]);
}

#[tokio::test]
async fn files_are_fetched_from_discord_only() {
    let elsewhere = FileServer::start([("/secret.txt", Page::File(b"storks".to_vec()))]).await;
    let to = format!("location: {}/secret.txt\r\n", elsewhere.origin());
    let server = FileServer::start([("/moved.txt", Page::Status("302 Found", to))]).await;
    let moved = carrier(&server, 1, "a.txt", "/moved.txt");
    assert_eq!(counted(config(&server), &moved).await, once("skipped address"));
    let foreign = carrier(&elsewhere, 1, "a.txt", "/secret.txt");
    assert_eq!(counted(config(&server), &foreign).await, once("skipped address"));
    assert_eq!(counted(AttachmentConfig::default(), &foreign).await, once("skipped address"));
    for url in [
        "",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://cdn.discordapp.com/a.txt",
        "https://cdn.discordapp.com.evil.example/a.txt",
        "https://cdn.discordapp.com@evil.example/a.txt",
        "https://cdn.discordapp.com:8443/a.txt",
        "https://user:word@cdn.discordapp.com/a.txt",
    ] {
        let mut message = foreign.clone();
        message.attachments[0].url = url.to_owned();
        assert_eq!(counted(AttachmentConfig::default(), &message).await, once("skipped address"), "{url}");
    }
    assert_eq!(elsewhere.asked("/secret.txt"), 0);
}

#[tokio::test]
async fn a_file_without_text_is_skipped() {
    let server = FileServer::start([
        ("/picture.txt", Page::File(b"\x89PNG\r\n\x1a\n\0\0\0".to_vec())),
        ("/empty.log", Page::File(Vec::new())),
        ("/bad.pdf", Page::File(b"%PDF-1.7 and nothing else".to_vec())),
        ("/cat.png", Page::File(b"\x89PNG".to_vec())),
    ])
    .await;
    for (name, outcome) in [
        ("picture.txt", "skipped binary"),
        ("empty.log", "skipped empty"),
        ("bad.pdf", "skipped unreadable"),
        ("cat.png", "skipped kind"),
    ] {
        let message = carrier(&server, 1, name, &format!("/{name}"));
        assert_eq!(counted(config(&server), &message).await, once(outcome), "{name}");
    }
    assert_eq!(server.asked("/cat.png"), 0);
}

#[tokio::test]
async fn a_long_file_is_read_up_to_the_limit() {
    let text: String = (0..2_000).map(|n| format!("line number w{n} of the log\n")).collect();
    let server = FileServer::start([("/a.log", Page::File(text.into_bytes()))]).await;
    let config = AttachmentConfig { max_passages: 5, ..config(&server) };
    let message = carrier(&server, 1, "a.log", "/a.log");
    assert_eq!(counted(config.clone(), &message).await, once("read cut"));
    let memory = memory(config).await;
    memory.index.apply(&[created(&message)]).await.unwrap();
    assert_eq!(in_files(&*memory.store, "line").await.len(), 5);
}

#[tokio::test]
async fn questions_and_messages_without_files_count_no_files() {
    let server = FileServer::start([]).await;
    assert_eq!(counted(config(&server), &said(1, "10", "ana", "see the file")).await, []);
    let memory = memory(config(&server)).await;
    let mut question = carrier(&server, 2, "a.txt", "/a.txt");
    question.metadata.asks_bot = true;
    memory.index.apply(&[MessageEvent::Created(question)]).await.unwrap();
    assert_eq!(server.asked("/a.txt"), 0);
}
