//! `rtfm doctor`: each fault with what to do, and no secret.

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

/// The first word on something.
fn verdict<'a>(seen: &'a Value, name: &str) -> &'a Value {
    let checks = seen["checks"].as_array().unwrap();
    &checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {seen}"))["verdict"]
}

fn told(seen: &Value, text: &str) -> bool {
    seen["checks"].as_array().unwrap().iter().any(|check| check["what"].as_str().unwrap().contains(text))
}

#[test]
fn where_nothing_is_configured_it_says_what_it_did_not_ask() {
    let world = World::new();
    let seen = doctor(&world, &[], 0);
    assert_eq!(seen["ok"], true);
    for (name, expected) in [("settings", "ok"), ("directory", "ok"), ("store", "ok"), ("bus", "skipped")] {
        assert_eq!(verdict(&seen, name), expected, "{seen}");
    }
    assert_eq!((verdict(&seen, "gemini"), verdict(&seen, "discord")), (&"skipped".into(), &"skipped".into()));
    assert!(told(&seen, "GEMINI_API_KEY is not set") && told(&seen, "DISCORD_TOKEN is not set"));
    assert_eq!(world.files(), Vec::<String>::new(), "nothing was made");
    let text = world.run(&["doctor"]).with_code(0).stdout;
    assert!(text.ends_with("0 failed, 0 to know\n"), "{text}");
}

#[test]
fn every_wrong_setting_is_told_and_what_looks_like_one() {
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
        assert!(told(&seen, &format!("{name} ")), "{name}: {seen}");
    }
    assert!(told(&seen, "GEMINI_MODLE is set, and nothing reads it"), "{seen}");
    assert!(seen.to_string().contains("did you mean GEMINI_MODEL?"), "{seen}");
    assert!(!seen.to_string().contains("my-client-secret"), "{seen}");
    assert_eq!(verdict(&seen, "bus"), "skipped");
}

#[test]
fn what_is_not_as_it_should_be_on_this_machine_is_told() {
    let world = World::new();
    world.run(&["topics", "create"]).with_code(0);
    world.run(&["topics", "delete", "bot-progress", "--yes"]).with_code(0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    std::thread::spawn(move || taken.incoming().for_each(drop));
    std::os::unix::fs::symlink("bus.sqlite", world.path("data/memory.sqlite")).unwrap();
    let chmod = format!("chmod 644 {}", world.path("data/bus.sqlite").display());
    assert!(std::process::Command::new("sh").args(["-c", &chmod]).status().unwrap().success());
    let seen = doctor(&world, &set(&[("HTTP_ADDR", &address)]), 1);
    assert!(told(&seen, "bot-progress does not exist"), "{seen}");
    assert!(told(&seen, &format!("{address} is taken by another program")), "{seen}");
    assert!(told(&seen, "others on this machine may read it"), "{seen}");
    assert_eq!(verdict(&seen, "store"), "failed", "that is no memory: {seen}");
    world.write("file", "");
    let seen = doctor(&world, &set(&[("RTFM_DATA_DIR", "file/data")]), 1);
    assert_eq!(verdict(&seen, "directory"), "failed");
}

#[test]
fn gemini_and_qdrant_are_asked_with_their_keys() {
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
    assert!(told(&seen, "1.20.0"), "the server's version: {seen}");
    assert!(!seen.to_string().contains("sesame-key") && !seen.to_string().contains(&key), "{seen}");
    assert_eq!(qdrant.collections(), Vec::<String>::new(), "nothing was made");

    let seen = doctor(&world, &with("AIza-wrong-key", "wrong-key", "gemini-none"), 1);
    assert_eq!((verdict(&seen, "gemini"), verdict(&seen, "store")), (&"failed".into(), &"failed".into()), "{seen}");
    assert!(seen.to_string().contains("GEMINI_API_KEY") && seen.to_string().contains("QDRANT_API_KEY"), "{seen}");
    assert!(!seen.to_string().contains("wrong-key"), "{seen}");

    let seen = doctor(&world, &with(&key, "sesame-key", "gemini-none"), 1);
    assert!(told(&seen, "GEMINI_MODEL: Gemini has no model gemini-none"), "{seen}");
}

#[test]
fn discord_is_asked_whether_the_token_is_good_and_the_intent_allowed() {
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

    // The bot runs without it, and less of it works.
    let seen = doctor(&world, &without.environment(), 0);
    assert_eq!(verdict(&seen, "discord"), "warning", "{seen}");
    assert!(told(&seen, "remembers no new messages") && told(&seen, "begin with RTFM"), "{seen}");
    assert!(seen.to_string().contains("discord.com/developers/applications"), "{seen}");
    assert!(seen.to_string().contains("MESSAGE CONTENT INTENT"), "{seen}");
    let mut modest = without.environment();
    modest.push(("DISCORD_MESSAGE_CONTENT".to_owned(), "false".to_owned()));
    let seen = doctor(&world, &modest, 0);
    assert_eq!(verdict(&seen, "discord"), "ok", "{seen}");
    // Without this one, where it is asked for, the bot does not run at all.
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
fn a_broker_that_is_away_and_copies_that_cannot_be_are_told() {
    let world = World::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let variables = set(&[("KAFKA_BOOTSTRAP_SERVERS", &closed), ("KAFKA_MIN_INSYNC_REPLICAS", "2")]);
    let seen = doctor(&world, &variables, 1);
    assert_eq!((verdict(&seen, "bus"), verdict(&seen, "topics")), (&"failed".into(), &"failed".into()), "{seen}");
    assert!(told(&seen, "no record would ever be taken") && told(&seen, &closed), "{seen}");
}
