//! Python with a Kafka client from PyPI, kept in the target directory, and the peer that is written in it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// The client: <https://pypi.org/project/kafka-python/>.
const CLIENT: &str = "kafka-python==3.0.12";
/// What it needs to read what our producers compress.
const CODEC: &str = "zstandard==0.25.0";
/// How long the peer may take for anything. It gives up itself before.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Python that can speak Kafka.
pub(crate) struct Python {
    packages: PathBuf,
}

impl Python {
    /// Installs the client where that was not done before; none, with a line that says why, without Python or
    /// PyPI.
    pub(crate) async fn prepare() -> Option<Self> {
        let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{CLIENT}-{CODEC}").replace("==", "-"));
        if packages.exists() {
            return Some(Self { packages });
        }
        // Several test processes may do this at once; the last step is one rename.
        let own = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let target = own.path().join("packages");
        let mut install = Command::new("python3");
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]);
        install.arg(&target).args([CLIENT, CODEC]).kill_on_drop(true).stdin(Stdio::null());
        match timeout(PATIENCE, install.output()).await {
            Ok(Ok(output)) if output.status.success() => {
                let _ = std::fs::rename(&target, &packages);
                assert!(packages.exists());
                Some(Self { packages })
            }
            Ok(Ok(output)) => left_out(&String::from_utf8_lossy(&output.stderr)),
            Ok(Err(error)) => left_out(&format!("python3 does not run: {error}")),
            Err(_) => left_out("PyPI does not answer"),
        }
    }

    /// Starts the peer in one of its roles.
    pub(crate) fn peer(&self, arguments: &[&str]) -> Peer {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/interop/old_peer.py");
        let mut command = Command::new("python3");
        command.arg(script).args(arguments).env("PYTHONPATH", &self.packages).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Peer { role: arguments[0].to_owned(), process: command.spawn().unwrap() }
    }
}

/// A peer at work.
pub(crate) struct Peer {
    role: String,
    process: tokio::process::Child,
}

impl Peer {
    /// What it says when it is done.
    pub(crate) async fn done(self) -> String {
        let output = timeout(PATIENCE, self.process.wait_with_output()).await.expect("the peer ends").unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}: {said}{}", self.role, String::from_utf8_lossy(&output.stderr));
        said
    }
}

fn left_out(why: &str) -> Option<Python> {
    let why = why.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    println!("a peer in Python: left out ({why}); it needs python3 with pip, and {CLIENT} from PyPI");
    None
}
