//! Settings that every client of the cluster shares, and the client library's logs and errors.

use super::security;
use crate::config::KafkaConfig;
use parking_lot::Mutex;
use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// How often one kind of error is logged: without a broker, librdkafka reports it many times a second.
const REPEAT: Duration = Duration::from_secs(10);

pub(super) fn settings(config: &KafkaConfig) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &config.bootstrap_servers)
        .set("client.id", "rtfm")
        // Reconnect soon without hammering the broker.
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "2000")
        .set("socket.connection.setup.timeout.ms", "10000")
        .set("socket.keepalive.enable", "true")
        // Only the catalogue creates topics.
        .set("allow.auto.create.topics", "false")
        // Brokers close idle connections; that is not worth a log line.
        .set("log.connection.close", "false");
    security::apply(&config.security, &mut settings);
    settings
}

/// An error that librdkafka reported.
#[derive(Clone, Debug)]
pub(super) struct ReportedError {
    pub(super) reason: String,
    /// Whether a setting or a permission is wrong, so that waiting does not help.
    pub(super) fatal: bool,
}

/// The errors that the clients of one bus reported.
#[derive(Debug, Default)]
pub(super) struct ReportedErrors(Mutex<ErrorLog>);

#[derive(Debug, Default)]
struct ErrorLog {
    last: Option<ReportedError>,
    // When each error code was last logged.
    logged: HashMap<i32, Instant>,
}

impl ReportedErrors {
    /// The last error since the last success.
    pub(super) fn last(&self) -> Option<ReportedError> {
        self.0.lock().last.clone()
    }

    /// Forgets all errors after a success.
    pub(super) fn clear(&self) {
        *self.0.lock() = ErrorLog::default();
    }

    /// Keeps an error; returns whether to log it too. `AllBrokersDown` says less than any other error and does not
    /// replace it.
    fn note(&self, code: RDKafkaErrorCode, report: ReportedError, now: Instant) -> bool {
        let mut log = self.0.lock();
        if code != RDKafkaErrorCode::AllBrokersDown || log.last.is_none() {
            log.last = Some(report);
        }
        let due = log.logged.get(&(code as i32)).is_none_or(|logged| now.duration_since(*logged) >= REPEAT);
        if due {
            log.logged.insert(code as i32, now);
        }
        due
    }
}

/// Forwards librdkafka's logs and keeps its errors.
#[derive(Clone, Debug)]
pub(super) struct LogContext(pub(super) Arc<ReportedErrors>);

impl ClientContext for LogContext {
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
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        // End of partition concerns only the consumer.
        if code == RDKafkaErrorCode::PartitionEOF {
            return;
        }
        let remedy = security::remedy(code, reason);
        let advised = remedy.map_or_else(|| reason.to_owned(), |remedy| format!("{reason}; {remedy}"));
        let fatal = security::is_fatal(code, reason);
        if !self.0.note(code, ReportedError { reason: advised.clone(), fatal }, Instant::now()) {
            return;
        }
        match code {
            RDKafkaErrorCode::AllBrokersDown => tracing::error!("kafka: {reason}"),
            _ => tracing::warn!("kafka: {error}: {advised}"),
        }
    }
}

// For consumers that read metadata and never join a group.
impl rdkafka::consumer::ConsumerContext for LogContext {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_lasts_is_logged_now_and_then_and_never_forgotten() {
        let (reported, began) = (ReportedErrors::default(), Instant::now());
        let down = |after: u64| {
            let report = ReportedError { reason: format!("down for {after} ms"), fatal: false };
            reported.note(RDKafkaErrorCode::BrokerTransportFailure, report, began + Duration::from_millis(after))
        };
        assert_eq!((0..200).filter(|tenths| down(tenths * 100)).count(), 2, "in 20 s");
        assert!(reported.last().is_some_and(|last| last.reason == "down for 19900 ms"));
        reported.clear();
        assert!(reported.last().is_none() && down(20_000), "after a success it is news again");
    }
}
