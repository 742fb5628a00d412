//! A library for a foreign world is known in its rooms only: whoever replaces it finds it there.

use super::source::{Source, all, is_word};

/// Each library with the folders and files that may name it.
const ROOMS: [(&str, &[&str]); 14] = [
    ("rdkafka", &["shared/src/bus/kafka/"]),
    ("rusqlite", &["shared/src/bus/local/", "memory/src/store/sqlite/"]),
    ("qdrant_client", &["memory/src/store/qdrant/", "testkit/src/qdrant/", "e2e/src/"]),
    ("serenity", &["bot/src/discord/", "bot/src/gateway/", "testkit/src/discord/", "e2e/src/"]),
    ("tokio_tungstenite", &["bot/src/gateway/shard/", "testkit/src/discord/"]),
    (
        "reqwest",
        &[
            "bot/src/config.rs",
            "bot/src/discord/rest/",
            "bot/src/error.rs",
            "bot/src/probe.rs",
            "models/src/gemini/",
            "models/src/embed/local/",
            "processor/src/index/attachments/",
            "testkit/src/discord/",
        ],
    ),
    ("axum", &["shared/src/health.rs", "shared/src/http_server.rs", "testkit/src/discord/", "testkit/src/gemini/"]),
    ("hyper", &["shared/src/http_server.rs"]),
    ("hyper_util", &["shared/src/http_server.rs"]),
    ("candle_core", &["models/src/embed/local/"]),
    ("candle_nn", &["models/src/embed/local/"]),
    ("tokenizers", &["models/src/embed/local/"]),
    ("rust_stemmers", &["memory/src/text/words/"]),
    ("lopdf", &["documents/src/pdf/"]),
];

#[test]
fn foreign_types_stay_in_their_rooms() {
    let sources = all();
    let mut strays = Vec::new();
    for (library, rooms) in ROOMS {
        for source in sources.iter().filter(|source| names(source, library)) {
            if !rooms.iter().any(|room| source.path.starts_with(room)) {
                strays.push(format!("{} names {library}", source.path));
            }
        }
    }
    assert!(strays.is_empty(), "outside of their rooms:\n{}", strays.join("\n"));
}

/// Whether a file has a path into a library.
fn names(source: &Source, library: &str) -> bool {
    source.code.match_indices(library).any(|(at, _)| {
        let after = source.code[at + library.len()..].trim_start();
        is_word(&source.code, at, library) && ["::", ";", "as "].iter().any(|next| after.starts_with(next))
    })
}

#[test]
fn a_path_into_a_library_names_it() {
    let source = |code: &str| Source { krate: "x".to_owned(), path: "x/src/a.rs".to_owned(), code: code.to_owned() };
    assert!(names(&source("use serenity::model::id;"), "serenity"));
    assert!(names(&source("use serenity as discord;"), "serenity"));
    assert!(!names(&source("let serenity_now = 1; my_serenity::x()"), "serenity"));
}
