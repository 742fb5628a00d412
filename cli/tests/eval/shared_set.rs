//! The baseline on the large set that lies beside the project, where it is there: it is known from elsewhere.

use crate::eval;
use std::path::Path;

const SET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/retrieval/ubuntu-dev.json");

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
}
