//! The thread on which a bot listens to Discord, and what it costs.

use std::{collections::BTreeSet, fs, time::Duration};

/// The thread's name.
const NAME: &str = "discord-gateway";

/// One of this process's threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GatewayThread(u32);

impl GatewayThread {
    /// Those that live now, of every bot in this process.
    pub(crate) fn all() -> BTreeSet<Self> {
        let tasks = fs::read_dir("/proc/self/task").unwrap().filter_map(|task| {
            let task = task.ok()?;
            let name = fs::read_to_string(task.path().join("comm")).ok()?;
            (name.trim_end() == NAME).then(|| task.file_name().to_str()?.parse().ok()).flatten()
        });
        tasks.map(Self).collect()
    }

    /// The CPU time that it has used.
    pub(crate) fn cpu(self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.0)).unwrap();
        Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
    }
}
