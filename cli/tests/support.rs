//! A directory for each test, runs of the binary in it, and exports to import.

use rtfm_shared::bus::{Bus, LocalBus, OutRecord};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Time limit of every wait.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A temporary directory to run `rtfm` in, isolated from the real environment.
pub(crate) struct World {
    directory: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file in the directory.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtfm"));
        command.args(arguments).current_dir(self.directory.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Health endpoints on free ports, and temporary files that the test removes.
        command.env("HTTP_ADDR", "127.0.0.1:0").env("TMPDIR", self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Running::spawn(self.command(arguments)).ended()
    }

    /// Runs a command to its end with `input` on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        let mut running = Running::spawn(command);
        running.child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        running.ended()
    }

    /// Publishes records on the local bus.
    pub(crate) fn publish(&self, records: impl IntoIterator<Item = OutRecord>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bus = LocalBus::open(&self.path("data")).unwrap();
            for record in records {
                bus.publish(record).await.unwrap();
            }
        });
    }

    /// The files in the directory.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// A running command. Threads read its output all the time, so that it never blocks on a full pipe.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        let stderr = Some(std::thread::spawn(move || {
            let mut text = Vec::new();
            errors.read_to_end(&mut text).unwrap();
            String::from_utf8(text).unwrap()
        }));
        Self { child, lines, stderr }
    }

    /// The next line of standard output that contains `text`.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => {
                    let _ = self.child.kill();
                    let stderr = self.stderr.take().map(|thread| thread.join().unwrap());
                    panic!("no line with {text:?}; standard error: {stderr:?}");
                }
            }
        }
    }

    /// Sends the signal that Ctrl-C sends.
    pub(crate) fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until the command exits.
    pub(crate) fn ended(mut self) -> Ended {
        let until = Instant::now() + DEADLINE;
        // Standard output closes when the process exits.
        let mut stdout = String::new();
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            stdout += &line;
            stdout.push('\n');
        }
        if Instant::now() >= until {
            let _ = self.child.kill();
        }
        let code = self.child.wait().unwrap().code();
        Ended { code, stdout, stderr: self.stderr.take().unwrap().join().unwrap() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An export of messages in the channel 200 "general" of the guild 100.
pub(crate) fn export(messages: &[Value]) -> String {
    let value = json!({
        "guild": {"id": "100", "name": "Test", "iconUrl": ""},
        "channel": {"id": "200", "type": "GuildTextChat", "categoryId": null, "category": null, "name": "general", "topic": null},
        "dateRange": {"after": null, "before": null},
        "exportedAt": "2026-11-01T12:00:00+00:00",
        "messages": messages,
        "messageCount": messages.len(),
    });
    serde_json::to_string_pretty(&value).unwrap()
}

/// A message of an export.
pub(crate) fn message(id: &str, content: &str) -> Value {
    json!({
        "id": id, "type": "Default", "timestamp": "2026-10-01T12:00:00+00:00", "timestampEdited": null,
        "callEndedTimestamp": null, "isPinned": false, "content": content,
        "author": {"id": "300", "name": "ana", "discriminator": "0000", "nickname": "Ana", "color": null,
                   "isBot": false, "roles": [], "avatarUrl": ""},
        "attachments": [], "embeds": [], "stickers": [], "reactions": [], "mentions": []
    })
}
