//! A large public set with a known baseline, where `EVAL_UBUNTU_DEV` names its file (ubuntu-dev.json).

use crate::{defaults, evaluate};

/// Floors of the measures for full-text search alone.
const FLOORS: [(&str, f64); 2] = [("hit", 0.65), ("ndcg", 0.37)];

#[tokio::test]
async fn the_large_set_is_measured_whole() {
    let Ok(file) = std::env::var("EVAL_UBUNTU_DEV") else {
        eprintln!("left out: EVAL_UBUNTU_DEV does not name a file");
        return;
    };
    let report = evaluate(&[&file], &defaults()).await;
    assert_eq!((&report["messages"], &report["queries"]), (&11_612.into(), &84.into()));
    for (measure, known) in [("hit", 0.512), ("recall", 0.119), ("mrr", 0.412), ("ndcg", 0.161)] {
        let (ours, baseline) = (&report["metrics"][measure], report["bm25"][measure].as_f64().unwrap());
        assert!((baseline - known).abs() < 0.013, "{measure} of BM25 is {baseline:.3}, expected {known}");
        assert!(ours.as_f64().unwrap() > baseline, "{measure}: {ours} against {baseline:.3}");
    }
    for (measure, floor) in FLOORS {
        let ours = report["metrics"][measure].as_f64().unwrap();
        assert!(ours >= floor, "{measure} has fallen to {ours:.3}, below {floor}");
    }
}
