//! entrypoint.sh against a real broker: it creates the topics, then becomes the service or fails with a clear error.

use super::root;
use rtfm_shared::{
    bus::{self, topics},
    config::{BusConfig, KafkaConfig},
};
use rtfm_testkit::kafka::{Broker, available};
use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A fake service: prints its process id and arguments, and runs until its input ends or a signal arrives.
const SERVICE: &str = "#!/bin/sh\necho \"service $$ $1|$2\"\nexec cat\n";

/// A PATH with the real `rtfm` and fake services.
fn programs() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rtfm"), directory.path().join("rtfm")).unwrap();
    for name in ["rtfm-bot", "rtfm-processor"] {
        let path = directory.path().join(name);
        std::fs::write(&path, SERVICE).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    directory
}

fn entrypoint(programs: &TempDir, arguments: &[&str]) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.arg(root().join("entrypoint.sh")).args(arguments).current_dir(programs.path()).env_clear();
    command.env("PATH", format!("{}:{path}", programs.path().display()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the service's line; returns it with the lines before it.
fn serving(child: &mut Child) -> (String, Vec<String>) {
    let mut before = Vec::new();
    for line in BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap) {
        if line.starts_with("service ") {
            return (line, before);
        }
        before.push(line);
    }
    let mut errors = String::new();
    child.stderr.as_mut().unwrap().read_to_string(&mut errors).unwrap();
    panic!("the service never came: {before:?} {errors}");
}

/// Sends SIGTERM to the process and returns its standard error.
fn terminated(mut child: Child) -> String {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(15), "the signal reaches the service itself");
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    errors
}

/// Creates a topic that differs from the catalogue's.
async fn spoil(servers: &str) {
    let bus = bus::open(&BusConfig::Kafka(KafkaConfig::of(servers))).await.unwrap();
    let mut spec = topics::catalogue().into_iter().find(|spec| spec.name == "bot-queries").unwrap();
    spec.partitions = 1;
    bus.create_topics(&[spec]).await.unwrap();
}

#[test]
fn topics_are_created_and_verified_before_the_service_starts() {
    if let Err(missing) = available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let broker = Broker::start().unwrap();
    let servers = broker.bootstrap();
    tokio::runtime::Runtime::new().unwrap().block_on(spoil(&servers));
    let programs = programs();

    let mut first = entrypoint(&programs, &["rtfm-processor", "--flag", "two words"]);
    let mut first = first.env("KAFKA_BOOTSTRAP_SERVERS", &servers).spawn().unwrap();
    let (line, before) = serving(&mut first);
    assert_eq!(line, format!("service {} --flag|two words", first.id()), "the same process, the same arguments");
    assert!(before.contains(&"created discord-messages".to_owned()), "{before:?}");
    assert!(!before.contains(&"created bot-queries".to_owned()), "it existed: {before:?}");
    let complaints = terminated(first);
    assert!(complaints.contains("bot-queries has 1 partition(s) instead of 3"), "drift is reported: {complaints}");
    assert!(complaints.contains("--partitions 3"), "with its remedy: {complaints}");

    let verify = Command::new(env!("CARGO_BIN_EXE_rtfm"))
        .args(["topics", "verify"])
        .current_dir(programs.path())
        .env("KAFKA_BOOTSTRAP_SERVERS", &servers)
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&verify.stdout).into_owned();
    assert_eq!(found.lines().count(), 1, "nothing else differs: {found}");

    let mut second = entrypoint(&programs, &["rtfm-bot"]);
    let mut second = second.env("KAFKA_BOOTSTRAP_SERVERS", &servers).spawn().unwrap();
    assert_eq!(serving(&mut second).1, ["every topic already exists"]);
    terminated(second);
}

#[test]
fn an_unreachable_kafka_fails_in_bounded_time() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let servers = format!("127.0.0.1:{port}");
    let programs = programs();
    let mut command = entrypoint(&programs, &["rtfm-processor"]);
    let ended = command.env("KAFKA_BOOTSTRAP_SERVERS", &servers).env("KAFKA_WAIT_TRIES", "2").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert_eq!(said.matches("cannot be reached").count(), 2, "two tries: {said}");
    assert!(said.contains(&servers) && said.contains("KAFKA_BOOTSTRAP_SERVERS"), "{said}");
    assert!(said.contains("so rtfm-processor is not started"), "{said}");
    assert!(ended.stdout.is_empty(), "the service is not started");
}

#[test]
fn commands_that_need_no_kafka_do_not_wait_for_it() {
    let programs = programs();
    let run = |arguments: &[&str], environment: &[(&str, &str)]| -> Output {
        let mut command = entrypoint(&programs, arguments);
        command.stdin(Stdio::null()).envs(environment.iter().copied()).output().unwrap()
    };
    let service = run(&["rtfm-bot"], &[]);
    assert!(service.status.success() && service.stdout.starts_with(b"service "), "no Kafka is named");
    let tool = run(&["rtfm", "--version"], &[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")]);
    assert!(tool.status.success() && tool.stdout.starts_with(b"rtfm "), "{tool:?}");
    let nothing = run(&[], &[]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no command"));
    let wrong = run(&["rtfm-bot"], &[("KAFKA_BOOTSTRAP_SERVERS", "localhost")]);
    assert_eq!(wrong.status.code(), Some(2), "a wrong setting is not tried again");
}
