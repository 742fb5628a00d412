//! docker-compose.yml: hardened containers, one image, and no port open to the world.

use super::{
    super::commands::settings::{documented, read_by},
    text,
    yaml::{entries, read, texts},
};
use std::collections::BTreeSet;
use yaml_rust2::Yaml;

const OURS: [&str; 2] = ["bot", "processor"];

fn services(compose: &Yaml) -> Vec<(&str, &Yaml)> {
    let services = entries(&compose["services"]);
    assert!(services.len() >= 4, "bot, processor, kafka and qdrant: {services:?}");
    services
}

#[test]
fn every_container_is_hardened() {
    let compose = read("docker-compose.yml");
    for (name, service) in services(&compose) {
        assert_eq!(service["read_only"].as_bool(), Some(true), "{name}: read_only");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}: cap_drop");
        assert!(service["cap_add"].is_badvalue(), "{name}: cap_add");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}: security_opt");
        assert!(service["privileged"].is_badvalue(), "{name}: privileged");
        assert!(!matches!(service["user"].as_str(), Some("root" | "0")), "{name}: user");
        assert!(!service["healthcheck"]["test"].is_badvalue(), "{name}: no health check");
        assert!(!service["logging"]["options"]["max-size"].is_badvalue(), "{name}: a log without bound");
        // A mount over a directory of the image takes its mode, and that directory is not writable for all users.
        for mount in texts(&service["tmpfs"]) {
            assert!(mount.contains("mode=1777"), "{name}: {mount}");
        }
    }
    // The images of others must not run as root either: one does not, the other has such a variant.
    let qdrant = compose["services"]["qdrant"]["image"].as_str().unwrap();
    assert!(qdrant.split('@').next().unwrap().ends_with("-unprivileged"), "{qdrant}");
    let kafka_tmp = texts(&compose["services"]["kafka"]["tmpfs"]);
    assert!(kafka_tmp.iter().any(|mount| mount.starts_with("/tmp:") && mount.ends_with(",exec")), "{kafka_tmp:?}");
}

#[test]
fn no_port_is_open_to_the_world() {
    let compose = read("docker-compose.yml");
    for (name, service) in services(&compose) {
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        assert!(service["network_mode"].is_badvalue(), "{name}: network_mode");
    }
}

#[test]
fn one_image_serves_all_and_scales() {
    let compose = read("docker-compose.yml");
    for name in OURS {
        let service = &compose["services"][name];
        assert_eq!(service["image"].as_str(), Some("rtfm:local"));
        assert_eq!(texts(&service["healthcheck"]["test"]), ["CMD", "rtfm", "health"]);
        // Either would prevent a second container.
        assert!(service["container_name"].is_badvalue() && service["ports"].is_badvalue(), "{name}");
        let program = texts(&service["command"])[0];
        assert!(text("Dockerfile").contains(&format!("target/release/{program}")), "{program} is in the image");
        for (needed, how) in entries(&service["depends_on"]) {
            assert_eq!(how["condition"].as_str(), Some("service_healthy"), "{name} waits for {needed}");
        }
    }
    let dockerfile = text("Dockerfile");
    let user = dockerfile.lines().rfind(|line| line.starts_with("USER ")).expect("the image names its user");
    let id: u32 = user["USER ".len()..].parse().expect("by number, so that Kubernetes can tell that it is not root");
    assert!(id > 0);
    assert!(dockerfile.contains("--features kafka-tls"), "the image can speak TLS to Kafka");
}

/// SECURITY.md: "Each service gets its own variables only".
#[test]
fn each_service_gets_the_variables_that_it_reads_and_no_other() {
    let compose = read("docker-compose.yml");
    let documented = documented();
    let reads = [
        ("bot", read_by(&["shared", "bot"])),
        ("processor", read_by(&["shared", "models", "documents", "memory", "processor"])),
    ];
    for (name, reads) in reads {
        let service = &compose["services"][name];
        assert!(service["env_file"].is_badvalue(), "{name}: a file gives it everything");
        let given: BTreeSet<String> =
            entries(&service["environment"]).into_iter().map(|(name, _)| name.to_owned()).collect();
        let missing: Vec<_> = reads.difference(&given).collect();
        assert!(missing.is_empty(), "{name} does not get what it reads: {missing:?}");
        let mut foreign: BTreeSet<_> = given.intersection(&documented).filter(|name| !reads.contains(*name)).collect();
        // Read by entrypoint.sh.
        foreign.remove(&"KAFKA_WAIT_TRIES".to_owned());
        assert!(foreign.is_empty(), "{name} gets what it does not read: {foreign:?}");
    }
    for (name, secrets) in [
        ("bot", ["GEMINI_API_KEY", "QDRANT_API_KEY", "GRAFANA_PASSWORD"]),
        ("processor", ["DISCORD_TOKEN", "GRAFANA_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD"]),
    ] {
        for secret in secrets {
            assert!(compose["services"][name]["environment"][secret].is_badvalue(), "{name} gets {secret}");
        }
    }
}

#[test]
fn services_restart_by_themselves_and_a_refused_bot_pauses() {
    let compose = read("docker-compose.yml");
    for (name, service) in services(&compose) {
        // `on-failure` survives neither a reboot of the host nor an hour without Kafka.
        assert_eq!(service["restart"].as_str(), Some("unless-stopped"), "{name}");
    }
    let pause = compose["services"]["bot"]["environment"]["DISCORD_REFUSED_PAUSE_SECONDS"].as_str().unwrap();
    let seconds = pause.strip_prefix("${DISCORD_REFUSED_PAUSE_SECONDS:-").and_then(|rest| rest.strip_suffix('}'));
    let seconds: u32 = seconds.unwrap_or_else(|| panic!("{pause}: .env may set another")).parse().unwrap();
    assert!(24 * 3600 / seconds < 1000 / 3, "Discord allows a thousand a day: {seconds}");
}

#[test]
fn kafka_advertises_the_addresses_that_clients_use() {
    let compose = read("docker-compose.yml");
    let kafka = &compose["services"]["kafka"];
    let advertised = kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].as_str().unwrap();
    for name in OURS {
        let servers = compose["services"][name]["environment"]["KAFKA_BOOTSTRAP_SERVERS"].as_str().unwrap();
        assert_eq!(servers, "kafka:9092");
        assert!(advertised.contains(&format!("://{servers}")), "{advertised}");
    }
    assert!(advertised.contains("://localhost:29092"), "{advertised}");
    assert_eq!(texts(&kafka["ports"]), ["127.0.0.1:29092:29092"]);
    // The data needs a named volume.
    let data = kafka["environment"]["KAFKA_LOG_DIRS"].as_str().unwrap();
    let volumes = texts(&kafka["volumes"]);
    let named = volumes.iter().filter_map(|volume| volume.split_once(':')).find(|(_, path)| *path == data);
    let (volume, _) = named.unwrap_or_else(|| panic!("{data} is in no volume: {volumes:?}"));
    assert!(entries(&compose["volumes"]).iter().any(|(name, _)| *name == volume));
}

/// The variables that a compose file takes from `.env`.
fn interpolated(path: &str) -> BTreeSet<String> {
    let text = text(path);
    let parts = text.split("${").skip(1);
    let name = |part: &str| part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    parts.map(name).collect()
}

#[test]
fn every_variable_is_in_the_example_and_no_secret_is_in_a_file() {
    let example = text(".env.example");
    for path in ["docker-compose.yml", "deploy/compose.external.yml"] {
        for name in interpolated(path) {
            let documented = example.lines().any(|line| line.trim_start_matches('#').starts_with(&format!("{name}=")));
            assert!(documented, "{name} of {path} is not in .env.example");
        }
    }
    let compose = read("docker-compose.yml");
    for (name, service) in services(&compose) {
        for (variable, value) in entries(&service["environment"]) {
            let secret = ["KEY", "TOKEN", "PASSWORD", "SECRET"].iter().any(|part| variable.contains(part));
            // Without a value it comes from .env. Qdrant accepts an empty string as the key, so the variable is required.
            let text = value.as_str().unwrap_or_default();
            let is_required = text.starts_with("${") && text.contains(":?");
            assert!(!secret || value.is_null() || is_required, "{name}: {variable}: {text}");
        }
    }
    // Without all of its members the workspace does not build.
    let members =
        text("Cargo.toml").lines().find_map(|line| line.strip_prefix("members = ").map(str::to_owned)).unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        assert!(text(".dockerignore").lines().any(|line| line == format!("!{member}")), "{member} is in no image");
    }
    // Only listed files can end up in the image.
    let ignored = text(".dockerignore");
    assert_eq!(ignored.lines().next(), Some("*"), "everything is left out but what is named");
    // The example holds no secrets, and the programs embed it.
    let let_in: Vec<_> = ignored.lines().filter(|line| line.contains(".env") || line.contains("*.")).collect();
    assert!(let_in.iter().all(|line| *line == "!.env.example"), "{let_in:?}");
    assert!(!text("Dockerfile").contains(".env"));
}
