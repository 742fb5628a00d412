//! Files of every permitted shape.

use crate::{command, eval, rankings, text};
use serde_json::{Value, json};
use std::path::Path;

/// A set whose second message answers its question; the first one asks it.
fn set(prefix: &str, thing: &str) -> Value {
    let id = |n: u32| format!("{prefix}{n}");
    json!({
        "messages": [
            {"message_id": id(1), "channel_id": "talk", "username": "ana", "timestamp": "2026-01-01T10:00:00Z",
             "content": format!("Where do we keep the {thing}?")},
            {"message_id": id(2), "channel_id": "talk", "timestamp": "2026-01-01T11:00:30+01:00",
             "content": format!("The {thing} is in the attic")},
            {"message_id": id(3), "channel_id": "talk", "username": "eve", "timestamp": "2026-01-01T10:01:00",
             "content": "Lunch?"}
        ],
        "queries": [{"question": format!("Where do we keep the {thing}?"), "channel_id": "talk",
                     "exclude": [id(1)], "relevant": [id(2)]}],
        "unanswerable": ["Who sings tonight?"]
    })
}

fn write(directory: &Path, name: &str, value: &Value) -> String {
    let path = directory.join(name);
    std::fs::write(&path, value.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn files_and_lists_of_sets_are_guilds_of_their_own_whatever_their_ids() {
    let files = tempfile::tempdir().unwrap();
    let one = write(files.path(), "one.json", &set("", "ladder"));
    let many = write(files.path(), "many.json", &json!([set("m_", "ladder"), set("", "kettle")]));
    let report = eval(&[&one, &many, "--k", "3"]);
    assert_eq!(report["sets"].as_array().unwrap().len(), 3);
    assert_eq!((&report["messages"], &report["queries"], &report["k"]), (&9.into(), &6.into(), &3.into()));
    let expected = [["2", "3"], ["m_2", "m_3"], ["2", "3"]];
    let found: Vec<Vec<String>> = rankings(&report).into_iter().step_by(2).map(|(_, ranking)| ranking).collect();
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found[0], expected[0], "{found:?}");
        assert!(
            found.iter().all(|id| expected.contains(&id.as_str())),
            "the asking message and other guilds: {found:?}"
        );
    }
    assert_eq!(report["metrics"], json!({"hit": 1.0, "recall": 1.0, "mrr": 1.0, "ndcg": 1.0}));
    assert_eq!(report["abstention"]["recall"], 1.0, "{report:#}");
}

#[test]
fn people_get_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let file = write(directory.path(), "one.json", &set("", "ladder"));
    let output = command(&directory, &[&file]).output().unwrap();
    let shown = text(&output.stdout);
    for part in [
        "2 questions over 3 messages in 1 set; sqlite, embedder none",
        "hit@10  recall@10    MRR  nDCG@10",
        "rtfm                        1.000",
        "BM25 over single messages",
        "abstention      precision ",
        "query latency   p50 ",
        "messages/s (3 in ",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    assert_eq!(text(&output.stderr), "", "no progress bar and no log in a pipe");
}

#[test]
fn what_is_odd_is_warned_of_and_measured() {
    let directory = tempfile::tempdir().unwrap();
    let mut odd = set("", "ladder");
    odd["queries"][0]["relevant"] = json!(["2", "77"]);
    let file = write(directory.path(), "odd.json", &odd);
    let output = command(&directory, &[&file, "--json"]).output().unwrap();
    assert!(text(&output.stderr).contains("odd.json: query \"query 1\" names 1 relevant messages"));
    assert_eq!(crate::object(&output)["metrics"]["recall"], 1.0);
}
