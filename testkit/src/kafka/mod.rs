//! A real Apache Kafka for tests: one KRaft broker of the test process, on free loopback ports and in a temporary
//! directory. It ends with the process.
//!
//! It runs from the jars that `scripts/kafka-broker.sh fetch` brings. Beside starting and stopping it
//! can be killed and started again on the same ports and data, for tests of faults.

mod broker;
mod properties;
mod secured;
mod wire;

pub use broker::Broker;
pub use secured::{PASSWORD, SERVICE_USERS, Secured, USER};

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The Kafka of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// host:port, comma separated.
    pub bootstrap: String,
    /// Whether the broker is the test process's own, with the settings that let a test see retention
    /// and compaction happen. A broker named by the environment is somebody else's.
    pub own: bool,
}

/// The Kafka for this test process: the one that `KAFKA_BOOTSTRAP_SERVERS` names, else one broker
/// started for the whole process; `None`, with a line that says how to get one, where there is neither.
pub fn for_tests() -> Option<Servers> {
    static SERVERS: OnceLock<Option<Servers>> = OnceLock::new();
    // Never dropped: the broker's own watcher ends it with this process.
    static BROKER: OnceLock<Broker> = OnceLock::new();
    SERVERS
        .get_or_init(|| {
            if let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP_SERVERS")
                && !servers.trim().is_empty()
            {
                println!("kafka: testing against {servers} (KAFKA_BOOTSTRAP_SERVERS)");
                return Some(Servers { bootstrap: servers, own: false });
            }
            if let Err(missing) = available() {
                println!("kafka: left out ({missing})");
                return None;
            }
            let broker = BROKER.get_or_init(|| Broker::start().expect("the Kafka broker starts"));
            println!("kafka: testing against a broker of our own at {}", broker.bootstrap());
            Some(Servers { bootstrap: broker.bootstrap(), own: true })
        })
        .clone()
}

/// Whether brokers can be started here; if not, what is missing and how to get it. Where `REQUIRE_KAFKA` is
/// set, a test that would be left out for want of any Kafka fails instead.
pub fn available() -> Result<(), String> {
    let found = found();
    let named = std::env::var("KAFKA_BOOTSTRAP_SERVERS").is_ok_and(|servers| !servers.trim().is_empty());
    match &found {
        Err(missing) if is_required() && !named => panic!("REQUIRE_KAFKA is set, and there is no Kafka: {missing}"),
        _ => found,
    }
}

fn is_required() -> bool {
    std::env::var("REQUIRE_KAFKA").is_ok_and(|value| !matches!(value.trim(), "" | "0" | "false"))
}

fn found() -> Result<(), String> {
    let libs = libs();
    if !holds_jars(&libs) {
        return Err(format!(
            "no jars in {}; run scripts/kafka-broker.sh fetch, or set KAFKA_BOOTSTRAP_SERVERS",
            libs.display()
        ));
    }
    let java = Command::new("java").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match java {
        Ok(status) if status.success() => Ok(()),
        _ => Err("java does not run; install a Java 17 runtime, or set KAFKA_BOOTSTRAP_SERVERS".to_owned()),
    }
}

/// The directory of the broker's jars: the same that scripts/kafka-broker.sh chooses.
fn libs() -> PathBuf {
    if let Some(libs) = std::env::var_os("KAFKA_LIBS") {
        return PathBuf::from(libs);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    target.join("kafka/libs")
}

fn holds_jars(libs: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(libs) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("kafka_2.13-"))
}
