//! What every client of the cluster has in common: its settings, and an ear for what the library says.

use super::security;
use crate::config::KafkaConfig;
use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The settings of any client.
pub(super) fn settings(config: &KafkaConfig) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &config.bootstrap_servers)
        .set("client.id", "rtfm")
        // Back soon after a broker was away, without hammering it.
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "2000")
        .set("socket.connection.setup.timeout.ms", "10000")
        .set("socket.keepalive.enable", "true")
        // Topics are made by the catalogue, never by the way.
        .set("allow.auto.create.topics", "false")
        // Connections that idle are closed by the broker; that is no news.
        .set("log.connection.close", "false");
    security::apply(&config.security, &mut settings);
    settings
}

/// What a client complained of.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    /// In the library's words.
    pub(super) reason: String,
    /// Whether somebody must mend a setting or a permission, so that waiting is no use.
    pub(super) fatal: bool,
}

/// What the clients of one bus have complained of last.
#[derive(Debug, Default)]
pub(super) struct Complaints(Mutex<Option<Complaint>>);

impl Complaints {
    /// The last complaint since the last success.
    pub(super) fn last(&self) -> Option<Complaint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the cluster answered.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes that nobody can be reached, which says less than any reason that is known already.
    fn note_silence(&self, reason: String) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.get_or_insert(Complaint { reason, fatal: false });
    }

    fn note(&self, complaint: Complaint) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(complaint);
    }
}

/// Hears the library's log lines and errors.
#[derive(Clone, Debug)]
pub(super) struct Ear(pub(super) Arc<Complaints>);

impl ClientContext for Ear {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::error!(facility, "kafka: {message}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "kafka: {message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "kafka: {message}"),
            RDKafkaLogLevel::Debug => tracing::debug!(facility, "kafka: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        let remedy = code.and_then(|code| security::remedy(code, reason));
        let advised = remedy.map_or_else(|| reason.to_owned(), |remedy| format!("{reason}; {remedy}"));
        match code {
            // Not faults of the connection: told to the consumer itself.
            Some(RDKafkaErrorCode::PartitionEOF) => return,
            Some(RDKafkaErrorCode::AllBrokersDown) => {
                tracing::error!("kafka: {reason}");
                return self.0.note_silence(advised);
            }
            _ => tracing::warn!("kafka: {error}: {advised}"),
        }
        let fatal = code.is_some_and(|code| security::is_fatal(code, reason));
        self.0.note(Complaint { reason: advised, fatal });
    }
}

// A consumer that only asks and never joins a group.
impl rdkafka::consumer::ConsumerContext for Ear {}
