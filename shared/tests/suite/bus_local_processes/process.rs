//! The parent's side: starting the other process, reading its lines, ending it.

use rtfm_shared::bus::{Bus, Cleanup, LocalBus, TopicSpec};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// How long a line may be awaited.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The topic of these tests.
pub(crate) const TOPIC: &str = "t";

/// Another process with a bus in the same directory.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Line>,
}

/// A line the process printed: a word, then numbers or names.
pub(crate) type Line = Vec<String>;

impl Process {
    /// Starts this binary again in a role.
    pub(crate) fn start(role: &str, directory: &Path, seed: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["bus_local_processes::child::child", "--exact", "--ignored", "--nocapture"])
            .env(super::child::ROLE, role)
            .env(super::child::DIRECTORY, directory)
            .env(super::child::SEED, seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the process starts");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // The test harness of the child says things as well.
                if let Some(said) = line.strip_prefix("> ") {
                    let _ = sender.send(said.split(' ').map(str::to_owned).collect());
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines }
    }

    /// The next thing that it says.
    pub(crate) fn line(&self) -> Line {
        self.lines.recv_timeout(PATIENCE).expect("the process says something")
    }

    /// Kills it at once, and returns what it had said before.
    pub(crate) fn kill(mut self) -> Vec<Line> {
        self.child.kill().expect("killed");
        self.child.wait().expect("it ends");
        self.lines.iter().collect()
    }

    /// Asks it to end, and returns what it still says.
    pub(crate) fn end(mut self) -> Vec<Line> {
        drop(self.stdin.take());
        let rest = self.lines.iter().collect();
        assert!(self.child.wait().expect("it ends").success());
        rest
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that failed leaves nothing running behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bus in a new directory, with a topic of this many partitions.
pub(crate) async fn bus(directory: &Path, partitions: i32) -> LocalBus {
    let bus = LocalBus::open(directory).expect("opened");
    let spec = TopicSpec { name: TOPIC.to_owned(), partitions, retention: None, cleanup: Cleanup::Delete };
    bus.create_topics(&[spec]).await.expect("created");
    bus
}

/// Numbers that look random, the same for the same seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
