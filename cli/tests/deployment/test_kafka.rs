//! scripts/test-kafka.sh with missing tools: it uses what it finds and lists the tests that it leaves out.

use super::root;
use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A fake cargo: prints the address of its Kafka, and lines like those of tests that leave something out.
const CARGO: &str = r#"echo "cargo $1 on ${KAFKA_BOOTSTRAP_SERVERS:-its own}"
if [ "$1" = test ] && [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
    case "$*" in *--nocapture*) echo "test a ... kafka: left out (no jars)"; echo "left out: a broker is needed" ;; esac
fi"#;
/// A fake engine; `UP` decides whether it starts anything.
const ENGINE: &str = r#"case "$*" in *" up "*) exec sh -c "$UP" ;; *" down "*) echo "taken down" ;; esac"#;

/// Runs the script with a fake docker, a fake `scripts/kafka-broker.sh` and the fake cargo.
fn run(docker: &str, up: &str, fetch: &str) -> (Output, String) {
    let directory = TempDir::new().unwrap();
    let place = |name: &str, body: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    for (name, body) in [("docker", docker), ("java", "exit 0"), ("cargo", CARGO)] {
        place(&format!("bin/{name}"), body);
    }
    place("scripts/kafka-broker.sh", fetch);
    let script = directory.path().join("scripts/test-kafka.sh");
    std::fs::copy(root().join("scripts/test-kafka.sh"), &script).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", directory.path().join("bin").display());
    let mut command = Command::new(script);
    let output = command.env_clear().env("PATH", path).env("UP", up).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, said)
}

#[test]
fn an_engine_that_starts_no_kafka_leaves_the_jars() {
    let (output, said) = run(ENGINE, "exit 1", "exit 0");
    assert!(output.status.success(), "{said}");
    assert!(said.contains("cannot start a Kafka") && said.contains("taken down"), "{said}");
    assert!(said.contains("cargo test on its own") && said.contains("== left out: 0\n"), "{said}");
}

#[test]
fn what_was_left_out_is_counted_and_listed() {
    let (output, said) = run(ENGINE, "exit 0", "exit 1");
    assert!(output.status.success(), "{said}");
    assert!(said.contains("cargo test on 127.0.0.1:"), "{said}");
    // Two lines from each of the three steps.
    let (_, listed) = said.split_once("== left out: 6\n").unwrap_or_else(|| panic!("{said}"));
    assert!(listed.contains("3 kafka: left out (no jars)") && listed.contains("3 left out: a broker"), "{listed}");
    assert!(listed.contains("taken down"), "the container does not stay: {listed}");
}

#[test]
fn no_kafka_at_all_is_told_from_a_test_that_failed() {
    let (output, said) = run("exit 1", "exit 1", "exit 1");
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(said.contains("set KAFKA_BOOTSTRAP_SERVERS") && !said.contains("cargo"), "{said}");
}
