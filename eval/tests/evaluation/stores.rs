//! Both stores give the same results: one evaluation on SQLite and on a Qdrant server.

use crate::{NEIGHBOURHOOD, defaults, evaluate, evaluate_in, rankings};
use rtfm_eval::{EvalOptions, EvalStore};
use rtfm_shared::config::Env;
use rtfm_testkit::qdrant::QdrantServer;

/// Largest difference between the means: both stores score terms by one formula and break ties by id.
const TOLERANCE: f64 = 0.005;

/// The report from `QDRANT_URL`'s server, else from testkit's, where no collection may remain.
async fn on_qdrant() -> serde_json::Value {
    let options = EvalOptions { store: EvalStore::Qdrant, ..defaults() };
    if std::env::var("QDRANT_URL").is_ok() {
        let variables = ["QDRANT_URL", "QDRANT_API_KEY"];
        let set = variables.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
        let env = set.fold(Env::default(), |env, (name, value)| env.with(name, &value));
        return evaluate_in(&env, &[NEIGHBOURHOOD], &options).await;
    }
    let server = QdrantServer::start().await;
    let report = evaluate_in(&Env::of([("QDRANT_URL", &server.url())]), &[NEIGHBOURHOOD], &options).await;
    assert!(server.requests() > 0, "the evaluation used the server");
    assert_eq!(server.collections(), Vec::<String>::new(), "the evaluation dropped its collections");
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_stores_measure_alike() {
    let qdrant = on_qdrant().await;
    let sqlite = evaluate(&[NEIGHBOURHOOD], &defaults()).await;
    assert_eq!((&sqlite["store"], &qdrant["store"]), (&"sqlite".into(), &"qdrant".into()));
    assert_eq!(sqlite["bm25"], qdrant["bm25"]);
    for measure in ["hit", "recall", "mrr", "ndcg"] {
        let [ours, theirs] = [&sqlite, &qdrant].map(|report| report["metrics"][measure].as_f64().unwrap());
        assert!((ours - theirs).abs() <= TOLERANCE, "{measure}: {ours:.3} on SQLite, {theirs:.3} on Qdrant");
    }
    for ((question, ours), (_, theirs)) in rankings(&sqlite).into_iter().zip(rankings(&qdrant)) {
        assert_eq!(ours.is_empty(), theirs.is_empty(), "{question}: {ours:?} on SQLite, {theirs:?} on Qdrant");
    }
}
