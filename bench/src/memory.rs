//! Memory of the real processes: idle, and after many messages went through.

use crate::{
    corpus,
    numbers::{headline, line},
};
use anyhow::Context;
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::bus::{Bus, LocalBus, topics};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Prints the resident memory of a processor and of `rtfm up`.
pub(crate) async fn measure(messages: usize) -> anyhow::Result<()> {
    headline(&format!("resident memory, local bus, SQLite store, before and after {messages} messages"));
    for (name, arguments) in [("rtfm-processor", &[][..]), ("rtfm", &["up"][..])] {
        let directory = tempfile::tempdir()?;
        let bus = LocalBus::open(directory.path())?;
        bus.create_topics(&topics::catalogue()).await?;
        let service = Service::start(name, arguments, directory.path())?;
        service.joined(&bus).await?;
        let idle = service.resident()?;
        for from in (0..messages).step_by(1_000) {
            let some = (from..messages.min(from + 1_000))
                .map(|n| rtfm_shared::event::MessageEvent::Created(corpus::message(n as u64)));
            bus.publish_all(some.map(corpus::record).collect::<anyhow::Result<_>>()?).await?;
        }
        while bus.lag(INDEX_GROUP, topics::MESSAGES).await?.iter().any(|lag| lag.records() > 0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let after = service.resident()?;
        line(&format!("{name}: idle, after"), &format!("{idle} MiB, {after} MiB"));
    }
    Ok(())
}

/// A process that ends with this value.
struct Service(Child);

impl Service {
    fn start(name: &str, arguments: &[&str], directory: &Path) -> anyhow::Result<Self> {
        let program = beside_this_program(name)?;
        let child = Command::new(&program)
            .args(arguments)
            .env_clear()
            .envs([("RTFM_DATA_DIR", directory.as_os_str()), ("HTTP_ADDR", "off".as_ref())])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Ok(Self(child.with_context(|| format!("{} cannot be started; build it first", program.display()))?))
    }

    async fn joined(&self, bus: &LocalBus) -> anyhow::Result<()> {
        while bus.members(INDEX_GROUP, topics::MESSAGES).await? == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn beside_this_program(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.parent().context("this program is in no directory")?.join(name))
}
