//! `rtfm status`: on an empty directory, with everything running, and with dependencies unavailable.

use crate::support::{Running, World, export, message};
use rtfm_shared::{
    bus::{Bus, LocalBus},
    event::{Backfill, BackfillState, Envelope, SettingsEvent},
};
use serde_json::Value;

fn status(world: &World, variables: &[(&str, &str)], code: i32) -> Value {
    let mut command = world.command(&["status", "--json"]);
    command.envs(variables.iter().copied());
    Running::spawn(command).ended().with_code(code).json()
}

fn dependency<'a>(status: &'a Value, name: &str) -> &'a Value {
    let all = status["dependencies"].as_array().unwrap();
    all.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {status}"))
}

fn problems(status: &Value) -> String {
    status["problems"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn on_an_empty_directory_it_reports_that_and_creates_nothing() {
    let world = World::new();
    let seen = status(&world, &[], 1);
    assert_eq!(seen["healthy"], false);
    assert_eq!(dependency(&seen, "bus")["verdict"], "failed");
    assert_eq!(dependency(&seen, "store")["verdict"], "ok");
    assert_eq!(dependency(&seen, "gemini")["verdict"], "skipped");
    assert!(problems(&seen).contains("rtfm up"), "{seen}");
    assert_eq!(world.files(), Vec::<String>::new());
}

#[test]
fn with_everything_running_it_is_healthy_and_complete() {
    let world = World::new();
    world.write("general.json", &export(&[message("1001", "The boiler code is under the stairs")]));
    world.run(&["import", "general.json"]).with_code(0);
    let rested = status(&world, &[], 0);
    assert_eq!(rested["healthy"], true, "on the local bus no service needs to run: {rested}");

    let mut up = Running::spawn(world.command(&["up"]));
    let line = up.line_with("http://");
    let address = line.split("http://").nth(1).unwrap().trim().to_owned();
    up.line_with("RTFM is up");
    // The members join asynchronously.
    let until = std::time::Instant::now() + crate::support::DEADLINE;
    let seen = loop {
        let seen = status(&world, &[("HTTP_ADDR", &address)], 0);
        let groups = seen["groups"].as_array().unwrap();
        let held = |group: &Value| group["members"][0]["partitions"].as_array().is_some_and(|held| held.len() == 3);
        if groups.len() == 2 && groups.iter().all(held) {
            break seen;
        }
        assert!(std::time::Instant::now() < until, "{seen}");
    };
    assert_eq!(seen["topics"].as_array().unwrap().len(), 12);
    assert_eq!((&seen["topics"][0]["name"], &seen["topics"][0]["records"]), (&"discord-messages".into(), &1.into()));
    assert_eq!((&seen["groups"][0]["name"], &seen["groups"][0]["lag"]), (&"rtfm-index".into(), &0.into()));
    assert_eq!(seen["groups"][0]["topics"][0]["partitions"].as_array().unwrap().len(), 3);
    assert_eq!(seen["drift"], serde_json::json!([]));
    assert_eq!(seen["dead_letters"].as_array().unwrap().len(), 6);
    assert_eq!((&seen["services"][0]["address"], &seen["services"][0]["ready"]), (&address.into(), &true.into()));
    assert_eq!(seen["services"][0]["checks"]["bus"]["ok"], true);
    assert!(dependency(&seen, "store")["what"].as_str().unwrap().contains("holds 1 messages"), "{seen}");

    let table = world.run(&["status"]).with_code(0).stdout;
    assert!(table.contains("rtfm-index") && table.contains("discord-messages[2]"), "{table}");
    assert!(table.trim_end().ends_with("healthy") && !table.contains('\u{1b}'), "{table}");
    up.interrupt();
    up.ended().with_code(0);
}

#[test]
fn missing_topics_and_unavailable_dependencies_are_problems() {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    world.run(&["topics", "delete", "bot-progress", "--yes"]).with_code(0);
    // A port without a listener: it was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let qdrant = format!("http://ana:sesame@{closed}");
    let gemini = format!("http://{closed}/v1beta");
    let away = [("QDRANT_URL", qdrant.as_str()), ("GEMINI_API_KEY", "a-secret-key"), ("GEMINI_BASE_URL", &gemini)];
    let seen = status(&world, &away, 1);
    for name in ["store", "gemini"] {
        assert_eq!(dependency(&seen, name)["verdict"], "failed", "{seen}");
    }
    assert_eq!(dependency(&seen, "bus")["verdict"], "ok");
    let problems = problems(&seen);
    assert!(problems.contains("bot-progress does not exist") && problems.contains("start Qdrant"), "{problems}");
    assert!(!seen.to_string().contains("sesame") && !seen.to_string().contains("a-secret-key"), "{seen}");

    let kafka = status(&world, &[("KAFKA_BOOTSTRAP_SERVERS", &closed)], 1);
    assert_eq!(dependency(&kafka, "bus")["verdict"], "failed");
    assert_eq!(dependency(&kafka, "store")["verdict"], "ok", "the other checks are still reported: {kafka}");
    assert!(kafka["problems"][0].as_str().unwrap().contains("KAFKA_BOOTSTRAP_SERVERS"), "{kafka}");
}

#[test]
fn backfills_are_reported() {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    let note = |channel: &str, state, read, part_of: Option<&str>| {
        SettingsEvent::Backfill(Backfill {
            guild_id: "7".into(),
            channel_id: channel.into(),
            state,
            read,
            part_of: part_of.map(Into::into),
            reason: (state == BackfillState::Failed).then(|| "It is closed to me.".to_owned()),
            ..Backfill::default()
        })
    };
    let notes = [
        note("20", BackfillState::Failed, 7, None),
        note("30", BackfillState::Running, 100, None),
        note("31", BackfillState::Running, 50, Some("30")),
        note("30", BackfillState::Running, 4200, None),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bus = LocalBus::open(&world.path("data")).unwrap();
        for event in notes {
            bus.publish(Envelope::new(event, "test").encode().unwrap()).await.unwrap();
        }
    });
    let seen = status(&world, &[], 0);
    let histories = seen["histories"].as_array().unwrap();
    let reported: Vec<_> =
        histories.iter().map(|one| (one["channel_id"].as_str().unwrap(), one["messages"].as_u64().unwrap())).collect();
    assert_eq!(reported, [("30", 4200), ("20", 7)], "running backfills first, threads with their channels: {seen}");
    let table = world.run(&["status"]).with_code(0).stdout;
    assert!(table.contains("being read") && table.contains("4200") && table.contains("It is closed to me."), "{table}");
}
