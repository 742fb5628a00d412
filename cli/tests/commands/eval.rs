//! `rtfm eval`: its output, its warnings, and exit code 2 with a remedy for input that it cannot evaluate.

use crate::support::{Ended, World};
use serde_json::{Value, json};

/// The small evaluation set of this repository.
const NEIGHBOURHOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../eval/sets/neighbourhood.json");

/// A set whose first message asks a question and whose second message answers it.
fn set() -> Value {
    let message = |id: &str, minute: u32, content: &str| {
        json!({"message_id": id, "channel_id": "talk", "username": "ana", "content": content,
               "timestamp": format!("2026-01-01T10:{minute:02}:00Z")})
    };
    json!({
        "messages": [message("1", 0, "Where do we keep the ladder?"), message("2", 1, "The ladder is in the attic"),
                     message("3", 2, "Lunch?")],
        "queries": [{"question": "Where do we keep the ladder?", "channel_id": "talk",
                     "exclude": ["1"], "relevant": ["2"]}],
        "unanswerable": ["Who sings tonight?"]
    })
}

fn eval(world: &World, arguments: &[&str]) -> Ended {
    world.run(&[&["eval"], arguments].concat())
}

#[test]
fn people_get_a_table() {
    let world = World::new();
    world.write("one.json", &set().to_string());
    let ended = eval(&world, &["one.json"]).with_code(0);
    for part in [
        "2 questions over 3 messages in 1 set; sqlite, embedder none",
        "hit@10  recall@10    MRR  nDCG@10",
        "rtfm                        1.000",
        "BM25 over single messages",
        "abstention      precision ",
        "query latency   p50 ",
        "messages/s (3 in ",
    ] {
        assert!(ended.stdout.contains(part), "{part:?} is not in\n{}", ended.stdout);
    }
    assert_eq!(ended.stderr, "", "no progress bar and no log in a pipe");
    assert_eq!(world.files(), ["one.json"], "nothing is left behind");
}

#[test]
fn programs_get_one_object() {
    let world = World::new();
    let report = eval(&world, &[NEIGHBOURHOOD, "--json", "--k", "3", "--withhold"]).with_code(0).json();
    assert_eq!((&report["k"], &report["store"], &report["embedder"]), (&3.into(), &"sqlite".into(), &"none".into()));
    assert_eq!((&report["queries"], &report["abstention"]["unanswerable"]), (&45.into(), &45.into()));
    assert_eq!(world.files(), Vec::<String>::new(), "nothing is left behind");
}

#[test]
fn unknown_relevant_messages_are_a_warning() {
    let world = World::new();
    let mut odd = set();
    odd["queries"][0]["relevant"] = json!(["2", "77"]);
    world.write("odd.json", &odd.to_string());
    let ended = eval(&world, &["odd.json", "--json"]).with_code(0);
    assert!(ended.stderr.contains("odd.json: query \"query 1\" names 1 relevant messages"), "{ended:?}");
    assert_eq!(ended.json()["metrics"]["recall"], 1.0);
}

/// The one line of an error with exit code 2.
#[track_caller]
fn error(arguments: &[&str]) -> String {
    let world = World::new();
    world.write("broken.json", "{\"messages\":[\n{\"content\":\"x\"}]}");
    let ended = eval(&world, arguments).with_code(2);
    assert_eq!((ended.stdout.as_str(), ended.stderr.lines().count()), ("", 1), "{ended:?}");
    ended.stderr
}

#[test]
fn a_malformed_file_is_named_with_the_position() {
    let error_text = error(&["broken.json"]);
    assert!(error_text.starts_with("rtfm: broken.json:2:15: missing field `message_id`; "), "{error_text}");
    assert!(error_text.contains("docs/retrieval.md"), "{error_text}");
    assert!(error(&["no-such.json"]).starts_with("rtfm: no-such.json: No such file"));
}

#[test]
fn missing_dependencies_are_named() {
    let error_text = error(&[NEIGHBOURHOOD, "--store", "qdrant"]);
    assert!(error_text.contains("set QDRANT_URL"), "{error_text}");
    let error_text = error(&[NEIGHBOURHOOD, "--embedder", "gemini"]);
    assert!(error_text.starts_with("rtfm: GEMINI_API_KEY is not set"), "{error_text}");
}
