//! The real binaries as processes of their own: started, asked to end, killed, frozen, and looked into by
//! their logs and metrics.

use rtfm_testkit::process::Process;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Timeout for a service to serve its health, on a busy machine.
const START: Duration = Duration::from_secs(60);
/// Lines of a log that are printed when a test has failed.
const LAST_WORDS: usize = 60;

/// A running `rtfm-bot` or `rtfm-processor`. It is killed when dropped; in a test that fails, its last words
/// are printed.
#[derive(Debug)]
pub struct Service {
    name: String,
    process: Process,
    /// Length of the log that earlier runs wrote.
    said_before: usize,
}

impl Service {
    /// Starts a binary in this environment and no other; `name` names its log.
    pub fn start(binary: &str, name: &str, environment: &[(String, String)], directory: &Path) -> Self {
        let program = binary_path(binary).display().to_string();
        let home = directory.join(name);
        std::fs::create_dir_all(&home).expect("a directory for a log");
        let log = home.join("log");
        let said_before = std::fs::metadata(&log).map_or(0, |found| usize::try_from(found.len()).expect("a short log"));
        let process = Process::spawn_in(environment, &[program], &log).expect("the binary runs");
        Self { name: name.to_owned(), process, said_before }
    }

    /// The log since the start.
    pub fn log(&self) -> String {
        let log = self.process.log();
        log.get(self.said_before.min(log.len())..).unwrap_or(&log).to_owned()
    }

    /// Waits for this in the log.
    pub async fn says(&self, what: &str, patience: Duration) {
        let deadline = Instant::now() + patience;
        while !self.log().contains(what) {
            assert!(Instant::now() < deadline, "{} never said {what:?}", self.name);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        self.process.alive()
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        self.process.signal("KILL");
        tokio::task::block_in_place(|| self.process.wait(START)).expect("it is gone");
    }

    /// SIGTERM; the exit status and the time it took, or none when it has not ended within `patience`.
    pub fn terminate(mut self, patience: Duration) -> Option<(ExitStatus, Duration)> {
        let asked = Instant::now();
        self.process.signal("TERM");
        let status = tokio::task::block_in_place(|| self.process.wait(patience))?;
        Some((status, asked.elapsed()))
    }

    /// Waits for the service to end by itself.
    pub fn ends(&mut self, patience: Duration) -> Option<ExitStatus> {
        tokio::task::block_in_place(|| self.process.wait(patience))
    }

    /// SIGSTOP: freezes the process with everything it holds.
    pub fn freeze(&self) {
        self.process.signal("STOP");
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.process.signal("CONT");
    }

    /// The health server's answer to a path, the status line first.
    pub async fn get(&self, path: &str) -> String {
        let address = self.address().await;
        let asking = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        timeout(START, asking).await.expect("the door answers").expect("the door is open")
    }

    /// The sum of a metric over the series that hold all of `labels`; 0 when there is none yet.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let answer = self.get("/metrics").await;
        let series = answer.lines().filter(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' '])) && labels.iter().all(|label| line.contains(label))
        });
        series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// The address of its health server, once it listens.
    async fn address(&self) -> SocketAddr {
        self.says("serving /healthz", START).await;
        let log = self.log();
        let line = log.lines().find(|line| line.contains("serving /healthz")).expect("it was said");
        let (_, address) = line.split_once("address=").expect("the line names the address");
        address.split_whitespace().next().and_then(|text| text.parse().ok()).expect("an address")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n");
            println!("── the last words of {} ({} lines in all)\n{last}", self.name, lines.len());
        }
    }
}

/// The binary, from the target directory that this test was built into.
fn binary_path(binary: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test's own path");
    let found = test.ancestors().skip(1).take(2).map(|folder| folder.join(binary)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{binary} is not built: run `make test-kafka`, or first cargo build -p rtfm-bot -p rtfm-processor")
    })
}
