//! The guard against getting worse: a small fixed set through the whole pipeline. Whoever changes retrieval for the
//! better raises the floors.

use crate::{NEIGHBOURHOOD, eval};

/// What must be reached at least, by words alone.
const FLOORS: [(&str, f64); 4] = [("hit", 0.97), ("recall", 0.97), ("mrr", 0.68), ("ndcg", 0.74)];
/// The least F1 of abstaining.
const ABSTENTION: f64 = 0.87;

#[test]
fn retrieval_has_not_become_worse() {
    let report = eval(&[NEIGHBOURHOOD]);
    for (measure, floor) in FLOORS {
        let ours = report["metrics"][measure].as_f64().unwrap();
        let theirs = report["bm25"][measure].as_f64().unwrap();
        assert!(ours >= floor, "{measure} has fallen to {ours:.3}, below {floor}");
        assert!(ours > theirs, "{measure}: BM25 over single messages has {theirs:.3}, ours {ours:.3}");
    }
    let abstention = report["abstention"]["f1"].as_f64().unwrap();
    assert!(abstention >= ABSTENTION, "abstention's F1 has fallen to {abstention:.3}, below {ABSTENTION}");
    assert_eq!((&report["queries"], &report["abstention"]["unanswerable"]), (&45.into(), &8.into()));
}

#[test]
fn withheld_conversations_make_unanswerable_questions() {
    let report = eval(&[NEIGHBOURHOOD, "--withhold"]);
    let abstention = &report["abstention"];
    assert_eq!((&abstention["answerable"], &abstention["unanswerable"]), (&37.into(), &45.into()));
    let outcomes = report["sets"][0]["outcomes"].as_array().unwrap();
    let withheld: Vec<_> = outcomes.iter().filter(|outcome| outcome["withheld"] == true).collect();
    assert_eq!(withheld.len(), 37);
    for second in withheld {
        let first = outcomes.iter().find(|outcome| outcome["query_id"] == second["query_id"]).unwrap();
        assert_eq!((&first["withheld"], &second["answerable"]), (&false.into(), &false.into()));
        let absent = first["found"].as_array().unwrap();
        let ranking = second["ranking"].as_array().unwrap();
        assert!(absent.iter().all(|id| !ranking.contains(id)), "what was withheld is not found: {second:#}");
    }
    let plain = eval(&[NEIGHBOURHOOD]);
    assert_eq!(plain["metrics"], report["metrics"], "what was withheld is back for everything else");
}
