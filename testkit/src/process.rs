//! A process of a test's own, which must never outlive the test process, however that ends.
//!
//! A small shell stands between: it starts the program, tells its process id, and kills it and removes its directory
//! when its own standard input closes, which the kernel does for us when the test process is gone. It has a process
//! group of its own, so that Ctrl-C in a terminal reaches the tests alone and the shell lives to clean up.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// How long a killed process may take to be gone.
const KILL: Duration = Duration::from_secs(10);

const WATCHER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- >>"$PROCESS_LOG" 2>&1 &
program=$!
( read -r _ <&3; : >"$PROCESS_LOG.orphaned"; kill -9 "$program" ) >/dev/null 2>&1 &
watcher=$!
echo "$program"
exec >/dev/null
wait "$program"
code=$?
kill "$watcher" 2>/dev/null
if [ -e "$PROCESS_LOG.orphaned" ]; then rm -rf "$(dirname "$PROCESS_LOG")"; fi
exit "$code"
"#;

/// A running program.
#[derive(Debug)]
pub struct Process {
    shell: Child,
    pid: u32,
    log: PathBuf,
    // Closing it is the order to kill.
    lifeline: Option<ChildStdin>,
}

impl Process {
    /// Runs this command in our environment; what it says is appended to the log. The log's directory goes with
    /// the process if that is orphaned.
    pub fn spawn(command: &[String], log: &Path) -> std::io::Result<Self> {
        Self::run(Command::new("sh"), command, log)
    }

    /// The same in this environment and no other, so that nothing set on this machine decides a test.
    pub fn spawn_in(environment: &[(String, String)], command: &[String], log: &Path) -> std::io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.env_clear().envs(environment.iter().cloned());
        if let Some(path) = std::env::var_os("PATH") {
            shell.env("PATH", path);
        }
        Self::run(shell, command, log)
    }

    fn run(mut shell: Command, command: &[String], log: &Path) -> std::io::Result<Self> {
        let mut shell = shell
            .args(["-c", WATCHER, "sh"])
            .args(command)
            .env("PROCESS_LOG", log)
            .current_dir(log.parent().unwrap_or(Path::new(".")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let lifeline = shell.stdin.take();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().expect("it is piped")).read_line(&mut line)?;
        let pid = line.trim().parse().map_err(std::io::Error::other)?;
        Ok(Self { shell, pid, log: log.to_owned(), lifeline })
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        matches!(self.shell.try_wait(), Ok(None))
    }

    /// Everything it has said so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Sends it a signal: TERM, KILL, STOP, CONT.
    pub fn signal(&self, name: &str) {
        // The shell ends as soon as it has reaped the program; while it runs, this id is the program's.
        let kill =
            Command::new("kill").args([&format!("-{name}"), &self.pid.to_string()]).stderr(Stdio::null()).status();
        // It may have ended a moment ago.
        drop(kill);
    }

    /// Waits for its end; none when it does not come within `patience`. A signal counts as a shell counts it:
    /// 128 and its number.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.shell.try_wait() {
                Ok(Some(status)) => return Some(status),
                _ if Instant::now() > deadline => return None,
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Asks it to end well, and kills it after `patience`. Returns whether it ended by itself.
    pub fn stop(mut self, patience: Duration) -> bool {
        self.signal("TERM");
        self.wait(patience).is_some() // dropping it kills
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
        Process::spawn(&["sleep", "1000"].map(str::to_owned), &directory.join("log")).unwrap()
    }

    fn runs(pid: u32) -> bool {
        Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn a_process_dies_when_its_parent_drops_the_lifeline() {
        let directory = tempfile::tempdir().unwrap();
        let mut process = sleeper(directory.path());
        assert!(process.alive());
        // The kernel does this when the test process ends.
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
    fn a_process_ends_when_stopped_and_when_dropped() {
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
