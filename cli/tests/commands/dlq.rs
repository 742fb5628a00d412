//! `rtfm dlq`: dead letters are listed, shown, replayed and dropped.

use crate::support::{Running, World, export, message};
use rtfm_shared::bus::{Bus, LocalBus, OutRecord, topics};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A malformed record with private content.
const BROKEN: &str = r#"{"message_id":"1","content":"a secret of ana's","channel_id":"#;

/// A world in which a processor has dead-lettered these values of `discord-messages`.
fn world(values: &[&str]) -> World {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    publish(&world, values);
    handle(&world, values.len());
    world
}

fn publish(world: &World, values: &[&str]) {
    publish_on(world, topics::MESSAGES, values);
}

fn publish_on(world: &World, topic: &str, values: &[&str]) {
    world.publish(values.iter().map(|value| {
        let value = Some(value.as_bytes().to_vec().into());
        OutRecord { topic: topic.to_owned(), partition: Some(0), value, ..OutRecord::default() }
    }));
}

/// Runs a processor until `letters` dead letters exist.
fn handle(world: &World, letters: usize) {
    let mut up = Running::spawn(world.command(&["up"]));
    up.line_with("RTFM is up");
    let until = Instant::now() + crate::support::DEADLINE;
    while list(world, &[]).len() != letters {
        assert!(Instant::now() < until, "not dead-lettered");
        std::thread::sleep(Duration::from_millis(20));
    }
    up.interrupt();
    up.ended().with_code(0);
}

fn list(world: &World, more: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["dlq", "list", "--json"].iter().chain(more).copied().collect();
    world.run(&arguments).with_code(0).json().as_array().unwrap().clone()
}

fn ids(letters: &[Value]) -> Vec<&str> {
    letters.iter().map(|letter| letter["id"].as_str().unwrap()).collect()
}

#[test]
fn dead_letters_are_listed_and_shown_without_their_content() {
    let world = world(&[BROKEN, "7"]);
    let letters = list(&world, &[]);
    assert_eq!(ids(&letters), ["discord-messages/0", "discord-messages/1"]);
    assert_eq!((&letters[0]["reason"], &letters[0]["offset"]), (&"invalid_json".into(), &0.into()));
    assert_eq!(letters[0]["bytes"], BROKEN.len());
    let table = world.run(&["dlq", "list"]).with_code(0).stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains("discord-messages/1") && !table.contains("secret"), "{table}");
    let shown = world.run(&["dlq", "show", "discord-messages/0"]).with_code(0).stdout;
    assert!(shown.contains("discord-messages[0] at offset 0") && shown.contains("dlq-reason: invalid_json"), "{shown}");
    assert!(!shown.contains("secret") && shown.contains("--content"), "{shown}");
    let shown = world.run(&["dlq", "show", "discord-messages/0", "--content"]).with_code(0).stdout;
    assert!(shown.contains("a secret of ana's"), "{shown}");
    let shown = world.run(&["dlq", "show", "discord-messages/0", "--json"]).with_code(0).json();
    assert_eq!((&shown[0]["content"], &shown[0]["settled"]), (&Value::Null, &Value::Null));
    let shown = world.run(&["dlq", "show", "discord-messages/0", "--json", "--content"]).with_code(0).json();
    assert_eq!(shown[0]["content"], BROKEN);
    let missing = world.run(&["dlq", "show", "discord-messages/9"]).with_code(1);
    assert!(missing.stderr.contains("no dead letter discord-messages/9"), "{missing:?}");
}

#[test]
fn letters_are_selected_by_topic_reason_and_time() {
    let world = world(&[
        BROKEN,
        r#"{"message_id":"x","content":"","username":"","user_id":"","channel_id":"5","timestamp":"2026-11-02T12:00:00Z"}"#,
    ]);
    assert_eq!(ids(&list(&world, &["--reason", "invalid_field"])), ["discord-messages/1"]);
    assert_eq!(list(&world, &["--reason", "invalid_field", "--reason", "invalid_json"]).len(), 2);
    assert_eq!(list(&world, &["--topic", "bot-queries"]).len(), 0);
    assert_eq!(list(&world, &["--topic", "discord-messages.dlq"]).len(), 2);
    assert_eq!(list(&world, &["--since", "1h"]).len(), 2);
    assert_eq!(list(&world, &["--until", "1h"]).len(), 0);
    assert_eq!(list(&world, &["--since", "2026-01-01", "--until", "2100-01-01T00:00:00Z"]).len(), 2);
    let unknown = world.run(&["dlq", "list", "--topic", "bot-quarrels"]).with_code(2);
    assert!(unknown.stderr.contains("bot-quarrels") && unknown.stderr.contains("bot-queries"), "{unknown:?}");
    for wrong in [&["dlq", "list", "--since", "yesterday"][..], &["dlq", "show", "nonsense"], &["dlq", "drop", "--yes"]]
    {
        world.run(wrong).with_code(2);
    }
}

#[test]
fn a_letter_without_a_reason_is_selected_as_unknown() {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    publish_on(&world, &topics::dead_letter_topic(topics::MESSAGES), &["stray"]);
    assert!(world.run(&["dlq", "list"]).with_code(0).stdout.contains(" unknown "));
    assert_eq!(list(&world, &["--reason", "unknown"]).len(), 1);
    assert_eq!(list(&world, &["--reason", "store"]).len(), 0);
}

#[test]
fn dropping_needs_confirmation_and_is_permanent() {
    let world = world(&[BROKEN, "7"]);
    let refused = world.run(&["dlq", "drop", "--all"]).with_code(2);
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(list(&world, &[]).len(), 2);
    let dropped = world.run(&["dlq", "drop", "discord-messages/1", "--yes"]).with_code(0);
    assert_eq!(dropped.stdout, "dropped 1 dead letter\n");
    assert_eq!(ids(&list(&world, &[])), ["discord-messages/0"]);
    world.run(&["dlq", "drop", "discord-messages/1", "--yes"]).with_code(1);
    assert_eq!(world.run(&["dlq", "drop", "--all", "--yes", "--json"]).with_code(0).json()["dropped"], 1);
    assert_eq!(world.run(&["dlq", "list"]).with_code(0).stdout, "no dead letters\n");
    let topic = world.run(&["topics", "describe", "discord-messages.dlq", "--json"]).with_code(0).json();
    assert_eq!(topic[0]["records"], 0, "the log itself is empty: {topic}");
}

#[test]
fn a_replayed_letter_that_fails_again_is_not_replayed_endlessly() {
    let world = world(&[BROKEN]);
    let refused = world.run(&["dlq", "replay", "--all"]).with_code(2);
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    let replayed = world.run(&["dlq", "replay", "--all", "--yes", "--json"]).with_code(0).json();
    assert_eq!((&replayed["replayed"], &replayed["left"]), (&1.into(), &0.into()));
    assert_eq!(list(&world, &[]).len(), 0);
    // The record is still malformed.
    handle(&world, 1);
    assert_eq!(list(&world, &[])[0]["replays"], 1);
    let left = world.run(&["dlq", "replay", "--all", "--yes"]).with_code(0);
    assert!(left.stdout.contains("replayed 0 dead letters\nskipped 1 dead letter that failed again"), "{left:?}");
    let again = world.run(&["dlq", "replay", "--all", "--again", "--yes"]).with_code(0);
    assert_eq!(again.stdout, "replayed 1 dead letter\n");
    handle(&world, 1);
    assert_eq!(list(&world, &[])[0]["replays"], 2);
}

#[test]
fn a_replayed_letter_that_succeeds_is_stored() {
    let world = World::new();
    world.write("general.json", &export(&[message("1001", "The boiler code is under the stairs")]));
    world.run(&["import", "general.json"]).with_code(0);
    // A valid record that a worker dead-lettered because of a problem that is solved by now.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bus = LocalBus::open(&world.path("data")).unwrap();
        let value = r#"{"message_id":"1002","content":"The attic key hangs beside the attic door","username":"ana","user_id":"300","channel_id":"200","timestamp":"2026-10-02T12:00:00Z","guild_id":"100"}"#;
        let mut record = OutRecord {
            topic: topics::dead_letter_topic(topics::MESSAGES),
            key: Some("200".into()),
            value: Some(value.into()),
            ..OutRecord::default()
        };
        record.headers.push("dlq-topic", topics::MESSAGES);
        record.headers.push("dlq-reason", "store");
        bus.publish(record).await.unwrap();
    });
    world.run(&["dlq", "replay", "--reason", "store", "--yes"]).with_code(0);
    let mut up = Running::spawn(world.command(&["up"]));
    up.line_with("RTFM is up");
    let until = Instant::now() + crate::support::DEADLINE;
    while !world.run(&["ask", "Where is the attic key?"]).stdout.contains("beside the attic door") {
        assert!(Instant::now() < until, "never stored");
    }
}
