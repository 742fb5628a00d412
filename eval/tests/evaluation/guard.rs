//! Guard against regressions: a small fixed set through the whole pipeline. An improvement of retrieval raises the
//! floors.

use crate::{NEIGHBOURHOOD, defaults, evaluate};
use rtfm_eval::EvalOptions;

/// Floors of the measures for full-text search alone.
const FLOORS: [(&str, f64); 4] = [("hit", 0.97), ("recall", 0.97), ("mrr", 0.68), ("ndcg", 0.74)];
/// Floor of the F1 of abstention.
const ABSTENTION: f64 = 0.87;

#[tokio::test]
async fn retrieval_has_not_become_worse() {
    let report = evaluate(&[NEIGHBOURHOOD], &defaults()).await;
    for (measure, floor) in FLOORS {
        let ours = report["metrics"][measure].as_f64().unwrap();
        let baseline = report["bm25"][measure].as_f64().unwrap();
        assert!(ours >= floor, "{measure} has fallen to {ours:.3}, below {floor}");
        assert!(ours > baseline, "{measure}: BM25 over single messages has {baseline:.3}, ours {ours:.3}");
    }
    let abstention = report["abstention"]["f1"].as_f64().unwrap();
    assert!(abstention >= ABSTENTION, "abstention's F1 has fallen to {abstention:.3}, below {ABSTENTION}");
    assert_eq!((&report["queries"], &report["abstention"]["unanswerable"]), (&45.into(), &8.into()));
}

#[tokio::test]
async fn withheld_conversations_make_unanswerable_questions() {
    let report = evaluate(&[NEIGHBOURHOOD], &EvalOptions { withhold: true, ..defaults() }).await;
    let abstention = &report["abstention"];
    assert_eq!((&abstention["answerable"], &abstention["unanswerable"]), (&37.into(), &45.into()));
    let outcomes = report["sets"][0]["outcomes"].as_array().unwrap();
    let withheld: Vec<_> = outcomes.iter().filter(|outcome| outcome["withheld"] == true).collect();
    assert_eq!(withheld.len(), 37);
    for second in withheld {
        let first = outcomes.iter().find(|outcome| outcome["query_id"] == second["query_id"]).unwrap();
        assert_eq!((&first["withheld"], &second["answerable"]), (&false.into(), &false.into()));
        let hidden = first["found"].as_array().unwrap();
        let ranking = second["ranking"].as_array().unwrap();
        assert!(hidden.iter().all(|id| !ranking.contains(id)), "a withheld message was found: {second:#}");
    }
    let plain = evaluate(&[NEIGHBOURHOOD], &defaults()).await;
    assert_eq!(plain["metrics"], report["metrics"], "withheld messages are restored for all other questions");
}
