//! Evaluation on both stores: which files it accepts, what it measures, and that retrieval does not get worse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod guard;
mod large_set;
mod shapes;
mod stores;

use rtfm_eval::{Corpus, EvalOptions, EvalStore, EvaluationReport};
use rtfm_shared::config::Env;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// The small evaluation set of this repository.
const NEIGHBOURHOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sets/neighbourhood.json");

/// The defaults of `rtfm eval`.
fn defaults() -> EvalOptions {
    EvalOptions { store: EvalStore::Sqlite, embedder: "none".to_owned(), k: 10, withhold: false }
}

/// Evaluates files and returns the report as `rtfm eval --json` prints it.
async fn evaluate_in(env: &Env, files: &[&str], options: &EvalOptions) -> Value {
    let mut corpus = Corpus::default();
    for file in files {
        corpus.add(rtfm_eval::read(file.as_ref()).unwrap()).unwrap();
    }
    let evaluation = rtfm_eval::evaluate(env, &corpus, options, &CancellationToken::new(), |_| {}).await.unwrap();
    let report = serde_json::to_string(&EvaluationReport::new(&corpus, &evaluation, options)).unwrap();
    serde_json::from_str(&report).unwrap()
}

async fn evaluate(files: &[&str], options: &EvalOptions) -> Value {
    evaluate_in(&Env::default(), files, options).await
}

/// For each question, the ids in its ranking, best first.
fn rankings(report: &Value) -> Vec<(String, Vec<String>)> {
    let outcomes = report["sets"].as_array().unwrap().iter().flat_map(|set| set["outcomes"].as_array().unwrap());
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    outcomes.map(|outcome| (outcome["query_id"].as_str().unwrap().to_owned(), ids(&outcome["ranking"]))).collect()
}
