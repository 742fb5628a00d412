//! Two processes that publish and consume on one file at the same time.

use super::{
    child::SHARE,
    process::{PATIENCE, Process, TOPIC, bus},
};
use rtfm_shared::bus::Bus;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_partitions_and_receive_each_record_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let bus = bus(directory.path(), 4).await;
    let processes = [1, 2].map(|seed| Process::start("both", directory.path(), seed));
    let deadline = Instant::now() + PATIENCE;
    loop {
        let lag = bus.lag("g", TOPIC).await.expect("lag");
        let published: i64 = lag.iter().map(|lag| lag.end).sum();
        if published == 2 * SHARE as i64 && lag.iter().all(|lag| lag.records() == 0) {
            break;
        }
        assert!(Instant::now() < deadline, "{lag:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bus.members("g", TOPIC).await.expect("counted"), 2);
    let said: Vec<_> = processes.into_iter().map(Process::end).collect();
    assert_eq!(bus.members("g", TOPIC).await.expect("counted"), 0, "both have left");
    let mut heard: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in said.iter().flatten().filter(|line| line[0] == "heard") {
        *heard.entry((line[1].clone(), line[2].clone())).or_default() += 1;
    }
    assert_eq!(heard.len(), 2 * SHARE);
    assert!(heard.values().all(|times| *times == 1), "{heard:?}");
    let partitions: BTreeSet<_> = heard.keys().map(|(partition, _)| partition).collect();
    assert!(partitions.len() > 1, "the keys lie on more than one partition");
}
