//! Files of every accepted shape.

use crate::{defaults, evaluate, rankings};
use rtfm_eval::EvalOptions;
use serde_json::{Value, json};
use std::path::Path;

/// A set whose first message asks a question and whose second message answers it.
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

#[tokio::test]
async fn every_set_of_every_file_becomes_its_own_guild_whatever_its_ids() {
    let files = tempfile::tempdir().unwrap();
    let one = write(files.path(), "one.json", &set("", "ladder"));
    let many = write(files.path(), "many.json", &json!([set("m_", "ladder"), set("", "kettle")]));
    let report = evaluate(&[&one, &many], &EvalOptions { k: 3, ..defaults() }).await;
    assert_eq!(report["sets"].as_array().unwrap().len(), 3);
    assert_eq!((&report["messages"], &report["queries"], &report["k"]), (&9.into(), &6.into(), &3.into()));
    let expected = [["2", "3"], ["m_2", "m_3"], ["2", "3"]];
    let found: Vec<Vec<String>> = rankings(&report).into_iter().step_by(2).map(|(_, ranking)| ranking).collect();
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found[0], expected[0], "{found:?}");
        assert!(
            found.iter().all(|id| expected.contains(&id.as_str())),
            "only messages of the same guild, without the excluded one: {found:?}"
        );
    }
    assert_eq!(report["metrics"], json!({"hit": 1.0, "recall": 1.0, "mrr": 1.0, "ndcg": 1.0}));
    assert_eq!(report["abstention"]["recall"], 1.0, "{report:#}");
}
