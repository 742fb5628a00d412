//! The Makefile: its help, `make setup` twice, and Docker's targets without Docker.

use super::{root, text};
use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};
use tempfile::TempDir;

/// Every target that users rely on.
const TARGETS: &str = "init setup build up down restart logs logs-processor logs-all status scale check test test-kafka fuzz init-topics \
                       list-topics demo bench eval lint sbom pin-images clean help";

/// A copy of the files that `make setup` uses.
fn copy() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in ["Makefile", ".env.example"] {
        std::fs::copy(root().join(name), directory.path().join(name)).unwrap();
    }
    directory
}

fn make(directory: &TempDir, arguments: &[&str]) -> Output {
    // The variables of an outer `make test` would change the output.
    let clean = ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"];
    let mut command = Command::new("make");
    for variable in clean {
        command.env_remove(variable);
    }
    command.args(arguments).current_dir(directory.path()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn make_alone_lists_every_target() {
    let (alone, help) = (make(&copy(), &[]), make(&copy(), &["help"]));
    assert!(alone.status.success());
    assert_eq!(said(&alone), said(&help));
    let listed = said(&help);
    for target in TARGETS.split_whitespace() {
        assert!(listed.contains(&format!("  make {target} ")), "{target} is not listed:\n{listed}");
    }
    // The help lists exactly the declared targets.
    for line in text("Makefile").lines().filter(|line| line.contains(" ## ") && !line.starts_with('\t')) {
        let target = line.split(':').next().unwrap();
        assert!(listed.contains(&format!("make {target} ")), "{target}");
    }
}

#[test]
fn it_names_no_path_outside_the_repository() {
    assert!(!text("Makefile").contains("../"));
}

#[test]
fn setup_makes_a_private_env_once_and_never_touches_it_again() {
    let directory = copy();
    let env = directory.path().join(".env");
    assert!(make(&directory, &["setup"]).status.success());
    let made = std::fs::read_to_string(&env).unwrap();
    let key = |name| made.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let (key, other) = (key("QDRANT_API_KEY="), key("GRAFANA_PASSWORD="));
    for random in [key, other] {
        assert!(random.len() == 48 && random.chars().all(|c| c.is_ascii_hexdigit()), "a random key: {random:?}");
    }
    assert_ne!(key, other);
    let mode = std::fs::metadata(&env).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "it holds secrets");

    std::fs::write(&env, "DISCORD_TOKEN=mine\n").unwrap();
    let again = make(&directory, &["init"]);
    assert!(again.status.success() && said(&again).contains("left as it is"), "{}", said(&again));
    assert_eq!(std::fs::read_to_string(&env).unwrap(), "DISCORD_TOKEN=mine\n");

    let other = copy();
    make(&other, &["setup"]);
    assert!(!std::fs::read_to_string(other.path().join(".env")).unwrap().contains(key), "another key every time");
}

#[test]
fn a_missing_part_of_docker_is_named_with_its_remedy() {
    let directory = copy();
    // One docker without compose, and one with compose but without an engine.
    let stubs = [("without-plugin", "exit 1"), ("without-engine", "[ \"$1\" = compose ]")];
    for (name, body) in stubs {
        let path = directory.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let cases = [
        ("DOCKER=no-such-docker", "docker is missing"),
        ("DOCKER=./without-plugin", "compose plugin is missing"),
        ("DOCKER=./without-engine", "no Docker engine answers"),
    ];
    for target in ["up", "down", "restart", "logs", "logs-processor", "logs-all", "status", "scale", "init-topics"] {
        for (docker, text) in cases {
            let output = make(&directory, &[target, docker]);
            let said = said(&output);
            assert!(!output.status.success() && said.contains(text), "make {target} {docker}: {said}");
        }
    }
    assert!(!directory.path().join(".env").exists(), "nothing was started");
}
