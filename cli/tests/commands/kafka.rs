//! The operator's commands on a real Kafka broker that the test starts.

use crate::support::{Running, World};
use rtfm_shared::{
    bus::{self, OutRecord, topics},
    config::{BusConfig, KafkaConfig},
};
use rtfm_testkit::kafka::{self, Broker};
use serde_json::Value;
use std::time::Instant;

fn run(world: &World, servers: &str, arguments: &[&str], code: i32) -> Value {
    let mut command = world.command(arguments);
    command.env("KAFKA_BOOTSTRAP_SERVERS", servers);
    Running::spawn(command).ended().with_code(code).json()
}

fn publish(servers: &str, value: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bus = bus::open(&BusConfig::Kafka(KafkaConfig::of(servers))).await.unwrap();
        let value = Some(value.as_bytes().to_vec().into());
        bus.publish(OutRecord { topic: topics::MESSAGES.to_owned(), value, ..OutRecord::default() }).await.unwrap();
    });
}

/// Repeats a request until its result fits.
fn until(what: &str, ask: impl Fn() -> Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + crate::support::DEADLINE;
    loop {
        let seen = ask();
        if is_so(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}: {seen}");
    }
}

#[test]
fn status_dead_letters_and_doctor_over_kafka() {
    if let Err(missing) = kafka::available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let (world, broker) = (World::new(), Broker::start().unwrap());
    let servers = broker.bootstrap();
    let missing = run(&world, &servers, &["doctor", "--json"], 1);
    assert!(missing.to_string().contains("rtfm topics create"), "{missing}");
    run(&world, &servers, &["topics", "create", "--json"], 0);
    assert_eq!(run(&world, &servers, &["doctor", "--json"], 0)["ok"], true);
    let empty = run(&world, &servers, &["status", "--json"], 1);
    assert!(empty["problems"].to_string().contains("the group rtfm-index has no member"), "{empty}");

    publish(&servers, "{");
    let mut command = world.command(&["up"]);
    command.env("KAFKA_BOOTSTRAP_SERVERS", &servers);
    let mut up = Running::spawn(command);
    up.line_with("RTFM is up");
    let list = || run(&world, &servers, &["dlq", "list", "--json"], 0);
    let waiting = |count: usize| move |letters: &Value| letters.as_array().is_some_and(|all| all.len() == count);
    let letters = until("dead-lettered", list, waiting(1));
    let id = letters[0]["id"].as_str().unwrap();

    // The state changes until the members have joined.
    let status = || {
        let mut command = world.command(&["status", "--json"]);
        command.env("KAFKA_BOOTSTRAP_SERVERS", &servers);
        Running::spawn(command).ended().json()
    };
    let seen = until("members with all partitions and nothing to do", status, |seen| {
        let groups = seen["groups"].as_array().unwrap();
        let held = |group: &Value| group["members"][0]["partitions"].as_array().map_or(0, Vec::len);
        groups.len() == 2 && groups.iter().all(|group| held(group) == 3 && group["lag"] == 0)
    });
    assert_eq!((&seen["healthy"], &seen["problems"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(seen["dead_letters"][0], serde_json::json!({"topic": "discord-messages", "waiting": 1}));

    assert_eq!(run(&world, &servers, &["dlq", "replay", id, "--yes", "--json"], 0)["replayed"], 1);
    let again = until("dead again", list, waiting(1));
    assert_eq!((again[0]["replays"].as_i64(), &again[0]["reason"]), (Some(1), &"invalid_json".into()));
    assert_eq!(run(&world, &servers, &["dlq", "replay", "--all", "--yes", "--json"], 0)["left"], 1);
    assert_eq!(run(&world, &servers, &["dlq", "drop", "--all", "--yes", "--json"], 0)["dropped"], 1);
    assert_eq!(list(), serde_json::json!([]));
    let topic = run(&world, &servers, &["topics", "describe", "discord-messages.dlq", "--json"], 0);
    assert_eq!(topic[0]["records"], 0, "the log itself is empty: {topic}");
    up.interrupt();
    up.ended().with_code(0);
}
