//! `rtfm topics` on the local bus.

use crate::support::World;
use rtfm_shared::bus::{Bus, LocalBus, TopicSpec, topics};

#[test]
fn topics_are_created_once_and_match_the_catalogue() {
    let world = World::new();
    let created = world.run(&["topics", "create"]).with_code(0);
    assert_eq!(created.stdout.lines().count(), 12, "{created:?}");
    assert!(created.stdout.starts_with("created discord-messages\n"));
    let again = world.run(&["topics", "create"]).with_code(0);
    assert_eq!(again.stdout, "every topic already exists\n");
    assert_eq!(world.run(&["topics", "create", "--json"]).with_code(0).json()["created"], serde_json::json!([]));

    let names: Vec<String> = world.run(&["topics", "list"]).stdout.lines().map(str::to_owned).collect();
    assert_eq!(names.len(), 12);
    assert!(names.contains(&"bot-settings.dlq".to_owned()));
    let listed = world.run(&["topics", "list", "--json"]).json();
    assert_eq!(listed, serde_json::json!(names));

    let described = world.run(&["topics", "describe", "bot-queries", "bot-settings", "--json"]).with_code(0).json();
    assert_eq!(described[0]["partitions"], 3);
    assert_eq!(described[0]["retention_ms"], 24 * 3600 * 1000);
    assert_eq!(described[1]["cleanup"], "compact");
    let table = world.run(&["topics", "describe"]).with_code(0).stdout;
    assert_eq!(table.lines().count(), 13, "{table}");
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
    world.run(&["topics", "verify"]).with_code(0);
}

#[test]
fn topics_that_keep_records_too_long_are_repaired() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bus = LocalBus::open(&world.path("data")).unwrap();
        let unlimited = |topic: &TopicSpec| TopicSpec { retention: None, ..topic.clone() };
        let queries = topics::catalogue().iter().find(|topic| topic.name == topics::QUERIES).map(unlimited);
        bus.create_topics(&[queries.unwrap()]).await.unwrap();
    });
    world.run(&["topics", "create"]).with_code(0);
    let verified = world.run(&["topics", "verify"]).with_code(1).stdout;
    assert_eq!(
        verified,
        "bot-queries keeps its records forever instead of for 1 day; set it: rtfm topics create --repair\n"
    );
    let left = world.run(&["topics", "create"]).with_code(0);
    assert!(left.stderr.contains("--repair") && left.stdout == "every topic already exists\n", "{left:?}");
    let repaired = world.run(&["topics", "create", "--repair"]).with_code(0);
    assert_eq!((repaired.stdout.as_str(), repaired.stderr.as_str()), ("repaired bot-queries\n", ""));
    world.run(&["topics", "verify"]).with_code(0);
    let again = world.run(&["topics", "create", "--repair", "--json"]).with_code(0).json();
    assert_eq!(again, serde_json::json!({"created": [], "repaired": []}));
}

#[test]
fn missing_topics_are_reported() {
    let world = World::new();
    let verified = world.run(&["topics", "verify", "--json"]).with_code(1).json();
    assert_eq!(verified["ok"], false);
    let drift = verified["drift"].as_array().unwrap();
    assert_eq!(drift.len(), 12, "{verified}");
    assert_eq!(
        (&drift[0]["topic"], &drift[0]["drift"]),
        (&"discord-messages".into(), &"discord-messages does not exist".into())
    );
    assert!(drift[0]["remedy"].as_str().unwrap().contains("rtfm topics create"), "{verified}");
    let described = world.run(&["topics", "describe", "nowhere"]).with_code(1);
    assert_eq!(described.stdout, "");
    assert!(described.stderr.contains("topic nowhere does not exist"), "{described:?}");
}

#[test]
fn deleting_needs_confirmation() {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    let refused = world.run(&["topics", "delete"]).with_code(2);
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    world.run(&["topics", "delete", "bot-progress", "--yes"]).with_code(0);
    let left = world.run(&["topics", "list"]).stdout;
    assert!(!left.lines().any(|name| name == "bot-progress") && left.lines().count() == 11, "{left}");
    world.run(&["topics", "verify"]).with_code(1);
    world.run(&["topics", "delete", "--yes"]).with_code(0);
    assert_eq!(world.run(&["topics", "list"]).stdout, "");
    world.run(&["topics", "delete", "bot-progress", "--yes"]).with_code(1);
}
