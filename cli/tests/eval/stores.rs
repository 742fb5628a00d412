//! Two stores, one behaviour: the same evaluation on SQLite and on a Qdrant server.

use crate::{NEIGHBOURHOOD, command, eval, object, rankings};
use rtfm_testkit::qdrant::QdrantServer;

/// How far the means may lie apart: both stores count words by one formula, and ties go by number in both.
const APART: f64 = 0.005;

/// The report from a Qdrant server: `QDRANT_URL`'s, else testkit's; nothing may stay there.
async fn on_qdrant() -> serde_json::Value {
    let directory = tempfile::tempdir().unwrap();
    let server = match std::env::var("QDRANT_URL") {
        Ok(_) => None,
        Err(_) => Some(QdrantServer::start().await),
    };
    let mut command = command(&directory, &[NEIGHBOURHOOD, "--store", "qdrant", "--json"]);
    match &server {
        Some(server) => command.env("QDRANT_URL", server.url()),
        None => {
            let variables = ["QDRANT_URL", "QDRANT_API_KEY"];
            command.envs(variables.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?))))
        }
    };
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    if let Some(server) = server {
        assert!(server.requests() > 0, "the server was asked");
        assert_eq!(server.collections(), Vec::<String>::new(), "its collections are gone");
    }
    object(&output)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_stores_measure_alike() {
    let qdrant = on_qdrant().await;
    let sqlite = tokio::task::spawn_blocking(|| eval(&[NEIGHBOURHOOD])).await.unwrap();
    assert_eq!((&sqlite["store"], &qdrant["store"]), (&"sqlite".into(), &"qdrant".into()));
    assert_eq!(sqlite["bm25"], qdrant["bm25"]);
    for measure in ["hit", "recall", "mrr", "ndcg"] {
        let [ours, theirs] = [&sqlite, &qdrant].map(|report| report["metrics"][measure].as_f64().unwrap());
        assert!((ours - theirs).abs() <= APART, "{measure}: {ours:.3} on SQLite, {theirs:.3} on Qdrant");
    }
    for ((question, ours), (_, theirs)) in rankings(&sqlite).into_iter().zip(rankings(&qdrant)) {
        assert_eq!(ours.is_empty(), theirs.is_empty(), "{question}: {ours:?} on SQLite, {theirs:?} on Qdrant");
    }
}
