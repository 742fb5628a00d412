//! The compose file's Kafka without a container: the image's own set-up turns the settings into a configuration, in an
//! empty directory as in the read-only container, and a broker with it serves both listeners.

use super::{
    root,
    yaml::{entries, read},
};
use rtfm_testkit::kafka::available;
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
};
use yaml_rust2::Yaml;

/// A process that the test kills at its end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The directory and the version of the broker's jars.
fn jars() -> (String, String) {
    let script = root().join("scripts/kafka-broker.sh");
    let place = Command::new(&script).arg("where").output().unwrap();
    let text = std::fs::read_to_string(script).unwrap();
    let version = text.lines().find_map(|line| line.strip_prefix("KAFKA_VERSION=")).unwrap().to_owned();
    (String::from_utf8(place.stdout).unwrap().trim().to_owned(), version)
}

fn java(jars: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    command.args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", &format!("{jars}/*")]).args(arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).stdin(Stdio::null());
    command
}

/// Three free ports; all stay bound until all are known, so that they differ.
fn ports() -> [u16; 3] {
    [0; 3].map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).map(|held| held.local_addr().unwrap().port())
}

/// The compose file's settings with this machine's ports and names.
fn settings(kafka: &Yaml, [inside, host, controller]: [u16; 3], data: &Path) -> Vec<(String, String)> {
    let here = |value: &str| {
        let value =
            value.replace("//kafka:9092", &format!("//localhost:{inside}")).replace(":29092", &format!(":{host}"));
        value.replace(":9092", &format!(":{inside}")).replace(":9093", &format!(":{controller}"))
    };
    let texts = entries(&kafka["environment"]).into_iter().map(|(name, value)| {
        let text = value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()));
        (name.to_owned(), here(&text.unwrap()))
    });
    let kept = texts.filter(|(name, _)| name.starts_with("KAFKA_") && name != "KAFKA_LOG_DIRS");
    kept.chain([("KAFKA_LOG_DIRS".to_owned(), data.display().to_string())]).collect()
}

fn topics(action: &[&str], port: u16, directory: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtfm"));
    command.arg("topics").args(action).current_dir(directory);
    command.env("KAFKA_BOOTSTRAP_SERVERS", format!("localhost:{port}")).output().unwrap()
}

#[test]
fn its_settings_start_a_real_broker() {
    if let Err(missing) = available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let compose = read("docker-compose.yml");
    let kafka = &compose["services"]["kafka"];
    let (jars, version) = jars();
    let image = kafka["image"].as_str().unwrap();
    assert!(image.starts_with(&format!("apache/kafka:{version}@")), "the test uses the deployed version, not {image}");

    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["defaults", "mounted", "config"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    for name in ["server.properties", "log4j2.yaml", "tools-log4j2.yaml"] {
        std::fs::write(path("defaults").join(name), "").unwrap();
    }
    let ports = ports();
    let folders =
        ["--default-configs-dir", "defaults", "--mounted-configs-dir", "mounted", "--final-configs-dir", "config"];
    let mut setup = java(&jars, &["kafka.docker.KafkaDockerWrapper", "setup"]);
    setup.args(folders).current_dir(directory.path()).envs(settings(kafka, ports, &path("data")));
    // The image's default.
    let setup = setup.env("CLUSTER_ID", "5L6g3nShT-eMCtK--X86sw").output().unwrap();
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));

    let mut broker = java(&jars, &["kafka.Kafka", "config/server.properties"]);
    broker.current_dir(directory.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let _broker = Running(broker.spawn().unwrap());
    let [inside, host, _] = ports;
    let made = topics(&["create"], inside, directory.path());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let verified = topics(&["verify"], host, directory.path());
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
