//! The compose files as docker compose resolves them, if it is installed; an engine is not needed. COMPOSE_BINARY names
//! another compatible program.

use super::root;
use serde_json::Value;
use std::process::{Command, Output};

/// `docker compose`, or a replacement for it.
fn compose() -> Option<Vec<String>> {
    let named = std::env::var("COMPOSE_BINARY").ok().map(|binary| vec![binary]);
    let plugin = vec!["docker".to_owned(), "compose".to_owned()];
    let alone = vec!["docker-compose".to_owned()];
    named.into_iter().chain([plugin, alone]).find(|command| {
        let version = Command::new(&command[0]).args(&command[1..]).args(["version", "--short"]).output();
        // Version 1 supports neither the env_file syntax nor `!reset`.
        version.is_ok_and(|output| output.status.success() && !output.stdout.starts_with(b"1."))
    })
}

fn config(files: &[&str], environment: &[(&str, &str)]) -> Option<Output> {
    let Some(command) = compose() else {
        println!("compose: left out (neither docker compose nor docker-compose; set COMPOSE_BINARY)");
        return None;
    };
    let mut run = Command::new(&command[0]);
    run.args(&command[1..]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Ignores the developer's .env.
    run.args(["--env-file", "/dev/null", "--project-directory"]).arg(root());
    for file in files {
        run.arg("--file").arg(root().join(file));
    }
    run.args(["config", "--format", "json"]).env("GRAFANA_PASSWORD", "a-password");
    Some(run.envs(environment.iter().copied()).output().unwrap())
}

fn rendered(files: &[&str], environment: &[(&str, &str)]) -> Option<Value> {
    let output = config(files, environment)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "unexpected warnings: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn compose_understands_the_file_as_it_is_meant() {
    let Some(config) = rendered(&["docker-compose.yml"], &[("QDRANT_API_KEY", "a-key")]) else { return };
    let services = config["services"].as_object().unwrap();
    for (name, service) in services {
        assert_eq!(service["read_only"], true, "{name}");
        for port in service["ports"].as_array().into_iter().flatten() {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}: {port}");
        }
    }
    // Client and server share one key.
    assert_eq!(services["qdrant"]["environment"]["QDRANT__SERVICE__API_KEY"], "a-key");
    assert_eq!(services["processor"]["environment"]["QDRANT_API_KEY"], "a-key");
    for ours in ["bot", "processor"] {
        assert_eq!(services[ours]["depends_on"]["kafka"]["condition"], "service_healthy");
    }
    assert_eq!(services["processor"]["deploy"]["replicas"], 2);
}

#[test]
fn compose_asks_for_the_key_that_is_missing() {
    let Some(output) = config(&["docker-compose.yml"], &[]) else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("QDRANT_API_KEY") && said.contains("make setup"), "{said}");
}

#[test]
fn with_servers_elsewhere_none_is_started_here() {
    let environment = [
        ("QDRANT_API_KEY", "a-key"),
        ("QDRANT_URL", "https://qdrant.example:6334"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9093"),
    ];
    let files = ["docker-compose.yml", "deploy/compose.external.yml"];
    let Some(config) = rendered(&files, &environment) else { return };
    let services = config["services"].as_object().unwrap();
    let names: Vec<_> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["bot", "processor"]);
    for (name, service) in services {
        assert!(service["depends_on"].as_object().is_none_or(serde_json::Map::is_empty), "{name}");
        assert_eq!(service["environment"]["KAFKA_BOOTSTRAP_SERVERS"], "kafka.example:9093");
        assert_eq!(service["environment"]["KAFKA_SECURITY_PROTOCOL"], "SASL_SSL");
    }
    assert_eq!(services["processor"]["environment"]["QDRANT_URL"], "https://qdrant.example:6334");
}
