//! `rtfm ask`: without `rtfm up` on a data directory, and within its scope.

use crate::support::{Running, World, export, message};
use serde_json::Value;

fn world() -> World {
    let world = World::new();
    world.write("general.json", &export(&[message("1001", "The boiler code is written under the stairs")]));
    let other = export(&[message("2001", "The boiler party is at eight")]).replace("\"200\"", "\"201\"");
    world.write("party.json", &other.replace("\"general\"", "\"party\""));
    world.run(&["import", "general.json", "party.json"]).with_code(0);
    world
}

fn sources(answer: &Value) -> Vec<&str> {
    answer["sources"].as_array().unwrap().iter().map(|source| source["message_id"].as_str().unwrap()).collect()
}

#[test]
fn an_answer_has_its_sources_with_links() {
    let answer = world().run(&["ask", "Where is the boiler code?"]).with_code(0);
    assert!(answer.stdout.contains("The boiler code is written under the stairs"), "{answer:?}");
    assert!(answer.stdout.contains("Ana in #general, 2026-10-01 12:00 UTC"), "{answer:?}");
    assert!(answer.stdout.contains("https://discord.com/channels/100/200/1001"), "{answer:?}");
    assert!(!answer.stdout.contains('\u{1b}') && answer.stderr.is_empty(), "{answer:?}");
}

#[test]
fn json_is_one_object_in_the_shape_of_the_topic() {
    let answer = world().run(&["ask", "Where is the boiler code?", "--json"]).with_code(0);
    assert_eq!(answer.stdout.lines().count(), 1);
    let object = answer.json();
    let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["metadata", "query_id", "response_text", "sources", "status"]);
    assert_eq!(object["status"], "answered");
    assert_eq!(object["metadata"]["sources_count"], object["sources"].as_array().unwrap().len());
}

#[test]
fn the_scope_is_respected() {
    let world = world();
    let question = "When is the boiler party, and what about the boiler code?";
    let only = world.run(&["ask", question, "--json", "--channels", "201"]).with_code(0).json();
    assert_eq!(sources(&only), ["2001"], "{only}");
    let elsewhere = world.run(&["ask", question, "--json", "--guild", "999"]).with_code(0).json();
    assert_eq!(elsewhere["status"], "not_found");
    let both = world.run(&["ask", question, "--json", "--guild", "100", "--channels", "200,201"]).with_code(0).json();
    let mut found = sources(&both);
    found.sort_unstable();
    assert_eq!(found, ["1001", "2001"], "{both}");
}

#[test]
fn an_empty_memory_answers_not_found() {
    let empty = World::new().run(&["ask", "Who shot the sheriff?", "--json"]).with_code(0).json();
    assert_eq!(empty["status"], "not_found");
    assert_eq!(empty["sources"], serde_json::json!([]));
}

#[test]
fn a_command_answers_itself_after_a_running_up_was_killed() {
    let world = world();
    let mut up = Running::spawn(world.command(&["up"]));
    up.line_with("RTFM is up");
    // A killed process does not leave its group: for a moment it still counts as a member.
    up.child.kill().unwrap();
    let answer = world.run(&["ask", "Where is the boiler code?"]).with_code(0);
    assert!(answer.stdout.contains("under the stairs"), "{answer:?}");
}

#[test]
fn corrupt_files_end_in_one_clear_line() {
    for (file, text) in [
        ("bus.sqlite", "not a database, but long enough to be looked at as one".repeat(100)),
        ("memory.sqlite", "no".repeat(5_000)),
    ] {
        let world = World::new();
        std::fs::create_dir(world.path("data")).unwrap();
        world.write(&format!("data/{file}"), &text);
        let ended = world.run(&["ask", "Where is the boiler code?"]).with_code(1);
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        assert!(ended.stderr.starts_with("rtfm: ") && ended.stderr.contains(file), "{ended:?}");
        assert_eq!(ended.stdout, "");
    }
}
