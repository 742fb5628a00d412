//! The broker's process, which must never outlive the test process, however that ends.
//!
//! A small shell stands between: it starts the broker, tells its process id, and kills it and removes its directory
//! when its own standard input closes, which the kernel does for us when the test process is gone. It has a process
//! group of its own, so that Ctrl-C in a terminal reaches the tests alone and the shell lives to clean up.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

/// How long a killed process may take to be gone.
const KILL: Duration = Duration::from_secs(10);

const WATCHER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- >"$BROKER_DIRECTORY/broker.log" 2>&1 &
broker=$!
( read -r _ <&3; : >"$BROKER_DIRECTORY/orphaned"; kill -9 "$broker" ) >/dev/null 2>&1 &
watcher=$!
echo "$broker"
exec >/dev/null
wait "$broker"
code=$?
kill "$watcher" 2>/dev/null
if [ -e "$BROKER_DIRECTORY/orphaned" ]; then rm -rf "$BROKER_DIRECTORY"; fi
exit "$code"
"#;

/// A running broker.
#[derive(Debug)]
pub(super) struct Process {
    shell: Child,
    pid: u32,
    // Closing it is the order to kill.
    lifeline: Option<ChildStdin>,
}

impl Process {
    /// Runs this command; what it says goes to `broker.log` in the directory, which goes with it if it is
    /// orphaned.
    pub(super) fn spawn(command: &[String], directory: &Path) -> std::io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", WATCHER, "sh"])
            .args(command)
            .env("BROKER_DIRECTORY", directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let lifeline = shell.stdin.take();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().expect("it is piped")).read_line(&mut line)?;
        let pid = line.trim().parse().map_err(std::io::Error::other)?;
        Ok(Self { shell, pid, lifeline })
    }

    /// Whether it still runs.
    pub(super) fn alive(&mut self) -> bool {
        matches!(self.shell.try_wait(), Ok(None))
    }

    /// Asks it to end well, and kills it after `patience`. Returns whether it ended by itself.
    pub(super) fn stop(mut self, patience: Duration) -> bool {
        self.signal("TERM");
        let deadline = Instant::now() + patience;
        while self.alive() {
            if Instant::now() > deadline {
                return false; // dropping it kills
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    fn signal(&self, name: &str) {
        // The shell ends as soon as it has reaped the broker; while it runs, this id is the broker's.
        let _ = Command::new("kill").args([&format!("-{name}"), &self.pid.to_string()]).status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let deadline = Instant::now() + KILL;
        // The lifeline is kept until it is dead: closing it would take the data too.
        while self.alive() && Instant::now() < deadline {
            self.signal("KILL");
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(self.lifeline.take());
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::Process;
    use std::{
        path::Path,
        time::{Duration, Instant},
    };

    fn sleeper(directory: &Path) -> Process {
        Process::spawn(&["sleep", "1000"].map(str::to_owned), directory).unwrap()
    }

    fn runs(pid: u32) -> bool {
        Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn it_dies_when_its_parent_lets_go_of_the_lifeline() {
        let directory = tempfile::tempdir().unwrap();
        let mut process = sleeper(directory.path());
        assert!(process.alive());
        // What the kernel does when the test process is gone.
        drop(process.lifeline.take());
        let deadline = Instant::now() + Duration::from_secs(10);
        while process.alive() {
            assert!(Instant::now() < deadline, "it outlives its parent");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!directory.path().exists(), "its data outlive it");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn it_is_gone_when_stopped_and_when_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let process = sleeper(directory.path());
        let pid = process.pid;
        assert!(process.stop(Duration::from_secs(10)), "it ends when asked to");
        assert!(!runs(pid));

        let process = sleeper(directory.path());
        let pid = process.pid;
        drop(process);
        assert!(!runs(pid));
        assert!(directory.path().exists(), "its data stay: it may be started again");
    }
}
