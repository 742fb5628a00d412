//! The large set that lies beside the project, where it is there: its baseline is known from elsewhere, and floors are set to
//! what is reached on it.

use crate::eval;
use std::path::Path;

const SET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/retrieval/ubuntu-dev.json");

/// What must be reached at least, by words alone.
const FLOORS: [(&str, f64); 2] = [("hit", 0.65), ("ndcg", 0.37)];

#[test]
fn the_large_set_is_measured_whole() {
    if !Path::new(SET).exists() {
        eprintln!("left out: {SET} is not there");
        return;
    }
    let report = eval(&[SET]);
    assert_eq!((&report["messages"], &report["queries"]), (&11_612.into(), &84.into()));
    for (measure, known) in [("hit", 0.512), ("recall", 0.119), ("mrr", 0.412), ("ndcg", 0.161)] {
        let (ours, baseline) = (&report["metrics"][measure], report["bm25"][measure].as_f64().unwrap());
        assert!((baseline - known).abs() < 0.013, "{measure} of BM25 is {baseline:.3}, and known to be {known}");
        assert!(ours.as_f64().unwrap() > baseline, "{measure}: {ours} against {baseline:.3}");
    }
    for (measure, floor) in FLOORS {
        let ours = report["metrics"][measure].as_f64().unwrap();
        assert!(ours >= floor, "{measure} has fallen to {ours:.3}, below {floor}");
    }
}
