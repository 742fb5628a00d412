//! One broker: formats, starts, stops, kills and restarts it.

use super::{
    libs,
    properties::{self, Ports},
    secured::Secured,
    wire,
};
use crate::process::Process;
use rtfm_shared::bus::access::AclRule;
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a broker may take to answer on a busy machine.
const START: Duration = Duration::from_secs(120);
/// How long it may take to end when asked to.
const STOP: Duration = Duration::from_secs(30);

/// A Kafka broker of its own, on loopback, with its data in a temporary directory. It ends when it is
/// dropped, and when this process ends.
#[derive(Debug)]
pub struct Broker {
    ports: Ports,
    directory: TempDir,
    process: Mutex<Option<Process>>,
}

impl Broker {
    /// Formats the storage, starts a broker and waits until it answers.
    pub fn start() -> Result<Self, String> {
        Self::start_with(|_| Ok(None), "").map(|(broker, _)| broker)
    }

    /// Starts a broker with the secured listeners as well.
    pub fn start_secured() -> Result<(Self, Secured), String> {
        Self::start_secured_with("")
    }

    /// Starts a secured broker on which only [`Broker::allow`] lets users do anything. The listener without passwords
    /// may do everything.
    pub fn start_guarded() -> Result<(Self, Secured), String> {
        Self::start_secured_with(
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nsuper.users=User:ANONYMOUS\n",
        )
    }

    /// Allows users what these rules say.
    pub fn allow(&self, rules: &[(String, AclRule)]) {
        wire::allow(self.address(), rules).expect("the broker takes ACLs");
    }

    fn start_secured_with(more: &str) -> Result<(Self, Secured), String> {
        let (broker, secured) = Self::start_with(|directory| Secured::prepare(directory).map(Some), more)?;
        secured.map(|secured| (broker, secured)).ok_or_else(|| "nothing was secured".to_owned())
    }

    fn start_with(
        secure: impl Fn(&Path) -> std::io::Result<Option<Secured>>,
        more: &str,
    ) -> Result<(Self, Option<Secured>), String> {
        let mut last = String::new();
        // The ports were free a moment ago; another process may have taken one since.
        for _ in 0..3 {
            let (broker, secured) = Self::prepare(&secure, more)?;
            match broker.start_again() {
                Ok(()) => return Ok((broker, secured)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The bootstrap servers.
    pub fn bootstrap(&self) -> String {
        self.address().to_string()
    }

    /// Stops the broker as an operator does, with its state saved.
    pub fn stop(&self) {
        if let Some(process) = self.take() {
            assert!(process.stop(STOP), "the broker did not end within {STOP:?}");
        }
    }

    /// Kills the broker as a power cut does (`kill -9`).
    pub fn kill(&self) {
        drop(self.take());
    }

    /// Starts a stopped or killed broker on the same ports and data and waits until it answers.
    pub fn start_again(&self) -> Result<(), String> {
        let mut slot = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_mut().is_some_and(Process::alive) {
            return Ok(());
        }
        let process = slot.insert(self.spawn()?);
        let deadline = Instant::now() + START;
        loop {
            if wire::answers(self.address()) {
                return Ok(());
            }
            if !process.alive() || Instant::now() > deadline {
                *slot = None;
                return Err(format!("the broker does not answer; its last words:\n{}", self.last_words()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn prepare(
        secure: impl Fn(&Path) -> std::io::Result<Option<Secured>>,
        more: &str,
    ) -> Result<(Self, Option<Secured>), String> {
        let failed = |error: std::io::Error| format!("a broker's directory cannot be prepared: {error}");
        let directory = tempfile::Builder::new().prefix("rtfm-kafka-").tempdir().map_err(failed)?;
        let broker = Self { ports: free_ports().map_err(failed)?, directory, process: Mutex::new(None) };
        let secured = secure(broker.directory.path()).map_err(failed)?;
        let mut settings = properties::server(broker.ports, &broker.directory.path().join("data"));
        if let Some(secured) = &secured {
            settings += &secured.settings(broker.ports);
        }
        settings += more;
        std::fs::write(broker.settings(), settings).map_err(failed)?;
        broker.format(&secured.iter().flat_map(|_| Secured::format_arguments()).collect::<Vec<_>>())?;
        Ok((broker, secured))
    }

    fn format(&self, more: &[String]) -> Result<(), String> {
        // Any 16 bytes in base64 name the cluster; the broker is alone in it.
        let format = ["kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", "cnRmbS10ZXN0LWthZmthMQ"];
        let output = Command::new("java")
            .args(java_options(64))
            .args(format)
            .args(more)
            .arg("--config")
            .arg(self.settings())
            .stdin(Stdio::null())
            .output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!(
                "the storage cannot be formatted: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )),
            Err(error) => Err(format!("java cannot be run: {error}")),
        }
    }

    fn spawn(&self) -> Result<Process, String> {
        let mut command = vec!["java".to_owned()];
        command.extend(java_options(512));
        command.extend(["kafka.Kafka".to_owned(), self.settings().display().to_string()]);
        Process::spawn(&command, &self.log()).map_err(|error| format!("the broker cannot be run: {error}"))
    }

    fn take(&self) -> Option<Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.broker))
    }

    fn settings(&self) -> PathBuf {
        self.directory.path().join("server.properties")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("broker.log")
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// The options of every JVM here: little memory, a quick start, no output.
fn java_options(heap_megabytes: u32) -> Vec<String> {
    let classes = libs().join("*").display().to_string();
    let heap = format!("-Xmx{heap_megabytes}m");
    let fixed = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"];
    [heap.as_str()].into_iter().chain(fixed).chain(["-cp", &classes]).map(str::to_owned).collect()
}

/// Two ports that nobody uses. Both are held until both are known, so that they differ.
fn free_ports() -> std::io::Result<Ports> {
    let [broker, controller] =
        [TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?];
    Ok(Ports { broker: broker.local_addr()?.port(), controller: controller.local_addr()?.port() })
}
