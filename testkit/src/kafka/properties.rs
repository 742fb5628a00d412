//! The settings of a test broker: one small node as broker and controller, with intervals of seconds instead of hours.

use std::path::Path;

/// The ports of one broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) broker: u16,
    pub(super) controller: u16,
}

/// The server.properties file.
pub(super) fn server(ports: Ports, data: &Path) -> String {
    let Ports { broker, controller } = ports;
    let data = data.display();
    let settings = [
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", "1".to_owned()),
        ("controller.quorum.bootstrap.servers", format!("127.0.0.1:{controller}")),
        ("listeners", format!("PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}")),
        ("advertised.listeners", format!("PLAINTEXT://127.0.0.1:{broker}")),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned()),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("log.dirs", data.to_string()),
        // A topic that nobody created must be an error, not a topic with the wrong shape.
        ("auto.create.topics.enable", "false".to_owned()),
        // One node holds the only copy of everything.
        ("offsets.topic.replication.factor", "1".to_owned()),
        ("offsets.topic.num.partitions", "3".to_owned()),
        ("transaction.state.log.replication.factor", "1".to_owned()),
        ("transaction.state.log.min.isr", "1".to_owned()),
        ("share.coordinator.state.topic.replication.factor", "1".to_owned()),
        ("share.coordinator.state.topic.min.isr", "1".to_owned()),
        ("group.initial.rebalance.delay.ms", "0".to_owned()),
        // Retention and compaction within a test's patience. When a segment ends stays a stock broker's choice, so that
        // our topics' settings decide.
        ("log.initial.task.delay.ms", "100".to_owned()),
        ("log.retention.check.interval.ms", "200".to_owned()),
        ("log.cleaner.backoff.ms", "100".to_owned()),
        ("log.segment.delete.delay.ms", "100".to_owned()),
        // By default, the cleaner alone takes 128 MiB.
        ("log.cleaner.dedupe.buffer.size", "4194304".to_owned()),
        ("num.network.threads", "2".to_owned()),
        ("num.io.threads", "4".to_owned()),
    ];
    settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}
