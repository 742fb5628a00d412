//! `rtfm doctor`: every problem with its remedy, and no secret.

use crate::support::{Running, World};
use rtfm_testkit::{discord::FakeDiscord, gemini::FakeGemini, qdrant::QdrantServer};
use serde_json::Value;
use tokio::runtime::Runtime;

fn doctor(world: &World, variables: &[(String, String)], code: i32) -> Value {
    let mut command = world.command(&["doctor", "--json"]);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    Running::spawn(command).ended().with_code(code).json()
}

fn set(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The result of the first check with a name.
fn verdict<'a>(seen: &'a Value, name: &str) -> &'a Value {
    let checks = seen["checks"].as_array().unwrap();
    &checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {seen}"))["verdict"]
}

fn reports(seen: &Value, text: &str) -> bool {
    seen["checks"].as_array().unwrap().iter().any(|check| check["what"].as_str().unwrap().contains(text))
}

#[test]
fn without_configuration_it_reports_the_skipped_checks() {
    let world = World::new();
    let seen = doctor(&world, &[], 0);
    assert_eq!(seen["ok"], true);
    for (name, expected) in [("settings", "ok"), ("directory", "ok"), ("store", "ok"), ("bus", "skipped")] {
        assert_eq!(verdict(&seen, name), expected, "{seen}");
    }
    assert_eq!((verdict(&seen, "gemini"), verdict(&seen, "discord")), (&"skipped".into(), &"skipped".into()));
    assert!(reports(&seen, "GEMINI_API_KEY is not set") && reports(&seen, "DISCORD_TOKEN is not set"));
    assert_eq!(world.files(), Vec::<String>::new(), "nothing was created");
    let text = world.run(&["doctor"]).with_code(0).stdout;
    assert!(text.ends_with("0 failed, 0 warnings\n"), "{text}");
}

#[test]
fn every_wrong_or_unknown_setting_is_reported() {
    let world = World::new();
    let wrong = [
        ("HTTP_ADDR", "everywhere"),
        ("ANSWER_CONCURRENCY", "0"),
        ("KAFKA_COMPRESSION", "rar"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        ("DISCORD_TOKEN", "my-client-secret"),
        ("GEMINI_MODLE", "gemini-x"),
    ];
    let seen = doctor(&world, &set(&wrong), 1);
    for name in ["HTTP_ADDR", "ANSWER_CONCURRENCY", "KAFKA_COMPRESSION", "DISCORD_TOKEN"] {
        assert!(reports(&seen, &format!("{name} ")), "{name}: {seen}");
    }
    assert!(reports(&seen, "GEMINI_MODLE is set, but no setting has this name"), "{seen}");
    assert!(seen.to_string().contains("did you mean GEMINI_MODEL?"), "{seen}");
    assert!(!seen.to_string().contains("my-client-secret"), "{seen}");
    assert_eq!(verdict(&seen, "bus"), "skipped");
}

#[test]
fn problems_of_this_machine_are_reported() {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    world.run(&["topics", "delete", "bot-progress", "--yes"]).with_code(0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    std::thread::spawn(move || taken.incoming().for_each(drop));
    std::os::unix::fs::symlink("bus.sqlite", world.path("data/memory.sqlite")).unwrap();
    let chmod = format!("chmod 755 {0} && chmod 644 {0}/bus.sqlite", world.path("data").display());
    assert!(std::process::Command::new("sh").args(["-c", &chmod]).status().unwrap().success());
    let seen = doctor(&world, &set(&[("HTTP_ADDR", &address)]), 1);
    assert!(reports(&seen, "bot-progress does not exist"), "{seen}");
    assert!(reports(&seen, &format!("another program uses {address}")), "{seen}");
    for open in ["data/bus.sqlite holds people's messages", "data/ holds people's messages"] {
        assert!(reports(&seen, open), "{seen}");
    }
    assert_eq!(verdict(&seen, "store"), "failed", "it is no message store: {seen}");
    world.write("file", "");
    let seen = doctor(&world, &set(&[("RTFM_DATA_DIR", "file/data")]), 1);
    assert_eq!(verdict(&seen, "directory"), "failed");
}

#[test]
fn gemini_and_qdrant_are_checked_with_their_keys() {
    let (world, runtime) = (World::new(), Runtime::new().unwrap());
    let (gemini, qdrant) = runtime.block_on(async { (FakeGemini::start().await, QdrantServer::start().await) });
    qdrant.require_api_key("sesame-key");
    let env = gemini.env();
    let key = env.get("GEMINI_API_KEY").unwrap().to_owned();
    let base = env.get("GEMINI_BASE_URL").unwrap().to_owned();
    let with = |api_key: &str, qdrant_key: &str, model: &str| {
        set(&[
            ("GEMINI_API_KEY", api_key),
            ("GEMINI_BASE_URL", &base),
            ("GEMINI_MODEL", model),
            ("QDRANT_URL", &qdrant.url()),
            ("QDRANT_API_KEY", qdrant_key),
        ])
    };
    let model = "gemini-3.8-flash";
    let seen = doctor(&world, &with(&key, "sesame-key", model), 0);
    assert_eq!((verdict(&seen, "gemini"), verdict(&seen, "store")), (&"ok".into(), &"ok".into()), "{seen}");
    assert!(reports(&seen, "1.20.0"), "the server's version: {seen}");
    assert!(!seen.to_string().contains("sesame-key") && !seen.to_string().contains(&key), "{seen}");
    assert_eq!(qdrant.collections(), Vec::<String>::new(), "nothing was created");

    let seen = doctor(&world, &with("AIza-wrong-key", "wrong-key", "gemini-none"), 1);
    assert_eq!((verdict(&seen, "gemini"), verdict(&seen, "store")), (&"failed".into(), &"failed".into()), "{seen}");
    assert!(seen.to_string().contains("GEMINI_API_KEY") && seen.to_string().contains("QDRANT_API_KEY"), "{seen}");
    assert!(!seen.to_string().contains("wrong-key"), "{seen}");

    let seen = doctor(&world, &with(&key, "sesame-key", "gemini-none"), 1);
    assert!(reports(&seen, "GEMINI_MODEL: Gemini has no model gemini-none"), "{seen}");
}

#[test]
fn the_discord_token_and_its_intents_are_checked() {
    let (world, runtime) = (World::new(), Runtime::new().unwrap());
    let (good, without, neither) = runtime.block_on(async {
        let without = FakeDiscord::builder().without_message_content().start().await;
        (
            FakeDiscord::start().await,
            without,
            FakeDiscord::builder().privileged_intents(Default::default()).start().await,
        )
    });
    let seen = doctor(&world, &good.environment(), 0);
    assert_eq!(verdict(&seen, "discord"), "ok", "{seen}");
    assert!(!seen.to_string().contains(&good.token()), "{seen}");

    // Without message content the bot runs, with fewer functions.
    let seen = doctor(&world, &without.environment(), 0);
    assert_eq!(verdict(&seen, "discord"), "warning", "{seen}");
    assert!(reports(&seen, "stores no new messages") && reports(&seen, "begin with RTFM"), "{seen}");
    assert!(seen.to_string().contains("discord.com/developers/applications"), "{seen}");
    assert!(seen.to_string().contains("MESSAGE CONTENT INTENT"), "{seen}");
    let mut modest = without.environment();
    modest.push(("DISCORD_MESSAGE_CONTENT".to_owned(), "false".to_owned()));
    let seen = doctor(&world, &modest, 0);
    assert_eq!(verdict(&seen, "discord"), "ok", "{seen}");
    // Without the members intent, if it requests it, the bot does not run.
    let mut curious = neither.environment();
    curious.push(("DISCORD_MEMBERS_INTENT".to_owned(), "true".to_owned()));
    let seen = doctor(&world, &curious, 1);
    assert_eq!(verdict(&seen, "discord"), "failed", "{seen}");
    assert!(seen.to_string().contains("SERVER MEMBERS INTENT"), "{seen}");

    good.tolerate(401);
    let mut wrong = good.environment();
    wrong.push(("DISCORD_TOKEN".to_owned(), "MTIz.GabcDE.aBc-_".to_owned()));
    let seen = doctor(&world, &wrong, 1);
    assert!(seen.to_string().contains("Reset Token") && !seen.to_string().contains("GabcDE"), "{seen}");
    runtime.block_on(async {
        good.finish();
        without.finish();
        neither.finish();
    });
}

#[test]
fn an_unavailable_broker_and_impossible_replication_settings_are_reported() {
    let world = World::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let variables = set(&[("KAFKA_BOOTSTRAP_SERVERS", &closed), ("KAFKA_MIN_INSYNC_REPLICAS", "2")]);
    let seen = doctor(&world, &variables, 1);
    assert_eq!((verdict(&seen, "bus"), verdict(&seen, "topics")), (&"failed".into(), &"failed".into()), "{seen}");
    assert!(reports(&seen, "the brokers would reject every record") && reports(&seen, &closed), "{seen}");
}
