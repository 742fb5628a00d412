//! Qdrant over TLS with the real program: a trusted and an untrusted server.

use rtfm_testkit::qdrant::QdrantServer;
use std::{net::TcpListener, path::Path};
use tokio::process::Command;

/// Runs a processor whose HTTP port is taken, so that it ends once its store is open or failed to open.
async fn ended(directory: &Path, url: &str, authorities: &Path) -> String {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rtfm-processor"))
        .current_dir(directory)
        .env_clear()
        .env("QDRANT_URL", url)
        .env("QDRANT_API_KEY", "sesame")
        .env("SSL_CERT_FILE", authorities)
        .env("HTTP_ADDR", taken.local_addr().unwrap().to_string())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_trusted_server_is_used_over_tls_and_an_untrusted_one_is_rejected() {
    let (server, ca) = QdrantServer::start_with_tls().await;
    server.require_api_key("sesame");
    assert!(server.url().starts_with("https://"));
    let directory = tempfile::tempdir().unwrap();
    let trusted = directory.path().join("ca.pem");
    std::fs::write(&trusted, ca).unwrap();
    let (_, other) = QdrantServer::start_with_tls().await;
    let untrusted = directory.path().join("other.pem");
    std::fs::write(&untrusted, other).unwrap();

    let said = ended(directory.path(), &server.url(), &untrusted).await;
    assert!(said.contains("QDRANT_URL") && said.contains("certificate"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
    assert_eq!(server.requests(), 0, "an untrusted server gets no request");

    let said = ended(directory.path(), &server.url(), &trusted).await;
    assert!(said.contains("HTTP_ADDR"), "the store was opened: {said}");
    assert!(!server.collections().is_empty());
}
