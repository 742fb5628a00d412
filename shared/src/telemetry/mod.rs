//! Telemetry: logs on stderr (stdout belongs to the program's output), metrics for Prometheus, and traces.

mod call_timer;
mod lines;
#[cfg(feature = "otel")]
mod otel;
#[cfg(not(feature = "otel"))]
#[path = "without_otel.rs"]
mod otel;
pub mod trace;
mod uncached_filter;

use crate::{
    config::{ConfigError, Env, warn_of_plain_http},
    metric_catalogue::describe_metrics,
};
use lines::EscapedLines;
use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, Layer, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};
use uncached_filter::UncachedFilter;
use url::Url;

pub use call_timer::CallTimer;
pub use trace::new_traceparent;

/// Interval at which samples are merged, so that memory stays bounded without a scraper.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Upper bounds in seconds, from a local lookup to a slow model's whole answer.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Readable lines, for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Filter and format of logs, and the traces' destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// `RUST_LOG`: filter directives. The default is `LOG_LEVEL` for our crates and `warn` for others.
    pub filter: String,
    /// `LOG_FORMAT`: text (default) or json.
    pub format: LogFormat,
    /// Whether text is coloured: on a terminal unless `NO_COLOR` is set.
    pub colour: bool,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: the collector's OTLP/gRPC address; `None` exports no traces.
    pub traces: Option<Url>,
}

impl TelemetryConfig {
    /// Reads the environment; `level` is our crates' default level.
    #[expect(clippy::disallowed_methods, reason = "only asks whether it is a terminal")]
    pub fn from_env(env: &Env, level: &'static str) -> Result<Self, ConfigError> {
        let levels = ["off", "error", "warn", "info", "debug", "trace"].map(|name| (name, name));
        let level = env.choice("LOG_LEVEL", level, &levels)?;
        let others = if matches!(level, "off" | "error") { level } else { "warn" };
        let filter = match env.get("RUST_LOG") {
            Some(filter) => filter.to_owned(),
            // The PDF reader's logs quote people's files.
            None => format!("{others},lopdf=off,rtfm={level}"),
        };
        EnvFilter::try_new(&filter).map_err(|error| {
            ConfigError::new("RUST_LOG", format!("is not a log filter: {error}"), "warn,rtfm=debug")
        })?;
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        Ok(Self {
            filter,
            format: env.choice("LOG_FORMAT", LogFormat::Text, &formats)?,
            colour: env.get("NO_COLOR").is_none() && stderr().is_terminal(),
            traces: traces(env)?,
        })
    }
}

/// The collector's address, from OpenTelemetry's own variables.
fn traces(env: &Env) -> Result<Option<Url>, ConfigError> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let Some(name) = names.into_iter().find(|name| env.get(name).is_some()) else {
        return Ok(None);
    };
    let endpoint = env.http_url(name, "http://localhost:4317")?;
    match env.get("OTEL_EXPORTER_OTLP_PROTOCOL") {
        None | Some("grpc") => Ok(Some(endpoint)),
        Some(other) => Err(ConfigError::new(
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            format!("must be grpc, which collectors take on port 4317, not {other:?}"),
            "grpc",
        )),
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("logging is set up already: {0}")]
    Logs(#[from] tracing_subscriber::util::TryInitError),
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Traces(String),
    #[error("metrics are set up already: {0}")]
    Metrics(#[from] BuildError),
    #[error("failed to start the metrics' upkeep: {0}")]
    Upkeep(#[from] std::io::Error),
}

/// Sets up logs, metrics and traces, once per process and within a tokio runtime. The handle renders the metrics.
#[expect(clippy::disallowed_methods, reason = "EscapedLines filters what is written")]
pub fn init(config: &TelemetryConfig, service: &'static str) -> Result<PrometheusHandle, TelemetryError> {
    subscriber(config, service, stderr)?.try_init()?;
    if let Some(endpoint) = &config.traces {
        if otel::AVAILABLE {
            warn_of_plain_http("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        } else {
            tracing::warn!(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but this build cannot export traces: build it with `--features \
                 otel`, or use the container image"
            );
        }
    }
    let recorder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let handle = recorder.install_recorder()?;
    describe_metrics();
    gauge!("rtfm_build_info", "service" => service, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let upkeep = handle.clone();
    std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(UPKEEP_INTERVAL);
            upkeep.run_upkeep();
        }
    })?;
    Ok(handle)
}

/// Exports the remaining spans. Call it last; it blocks for about a second at most.
pub fn flush() {
    otel::flush();
}

fn subscriber<W>(
    config: &TelemetryConfig,
    service: &'static str,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = UncachedFilter(EnvFilter::new(&config.filter));
    let colour = config.colour && config.format == LogFormat::Text;
    let lines = tracing_subscriber::fmt::layer().with_writer(EscapedLines { inner: writer, colour }).with_ansi(false);
    let logs = match config.format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let traces = config.traces.as_ref().map(|endpoint| otel::layer(endpoint.as_str(), service)).transpose();
    let traces = traces.map_err(|error| TelemetryError::Traces(error.to_string()))?;
    let layers: Vec<_> = [Some(logs), traces].into_iter().flatten().collect();
    Ok(Box::new(tracing_subscriber::registry().with(layers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Log as _;
    use rtfm_testkit::logs::Lines;
    use tracing_log::LogTracer;

    fn logged(config: &TelemetryConfig, log: impl FnOnce()) -> Vec<String> {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(config, "test", move || writer.clone()).unwrap(), log);
        let text = lines.text();
        text.lines().map(str::to_owned).collect()
    }

    fn log_one_of_each() {
        tracing::info!(target: "rtfm_shared::worker", "ours");
        tracing::debug!(target: "rtfm_bot", "our detail");
        tracing::info!(target: "hyper", "theirs");
        tracing::warn!(target: "hyper", "their trouble");
        tracing::error!(target: "lopdf::reader", "what stands in somebody's file");
    }

    #[test]
    fn our_crates_log_and_others_only_warn() {
        let with = |env: Env, level| logged(&TelemetryConfig::from_env(&env, level).unwrap(), log_one_of_each);
        let says = |lines: &[String], words: &[&str]| {
            assert_eq!(lines.len(), words.len(), "{lines:?}");
            assert!(lines.iter().zip(words).all(|(line, words)| line.ends_with(words)), "{lines:?}");
        };
        says(&with(Env::default(), "info"), &["ours", "their trouble"]);
        says(&with(Env::default(), "warn"), &["their trouble"]);
        says(&with(Env::of([("LOG_LEVEL", "debug")]), "warn"), &["ours", "our detail", "their trouble"]);
        says(&with(Env::of([("LOG_LEVEL", "off")]), "info"), &[]);
        says(
            &with(Env::of([("RUST_LOG", "hyper=info"), ("LOG_LEVEL", "debug")]), "info"),
            &["theirs", "their trouble"],
        );
    }

    /// As rdkafka does for each new client.
    #[test]
    fn asking_whether_a_record_is_logged_drops_no_later_event() {
        let lines = logged(&TelemetryConfig::from_env(&Env::default(), "info").unwrap(), || {
            let theirs = log::Metadata::builder().level(log::Level::Info).target("librdkafka").build();
            for word in ["once", "twice"] {
                let _ = LogTracer::new().enabled(&theirs);
                tracing::info!(target: "rtfm_bot", "{word}");
            }
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
    }

    #[test]
    fn json_is_one_object_a_line_with_its_span() {
        let config = TelemetryConfig::from_env(&Env::of([("LOG_FORMAT", "json")]), "info").unwrap();
        let lines = logged(&config, || {
            let _span = tracing::info_span!(target: "rtfm", "handle", offset = 7).entered();
            tracing::info!(target: "rtfm", answer = 42, "two\nlines");
        });
        let [line] = &lines[..] else { panic!("{lines:?}") };
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&object["message"], &object["answer"]), (&"two\nlines".into(), &42.into()));
        assert_eq!(object["span"]["offset"], 7);
    }

    #[test]
    fn no_value_controls_the_terminal_or_looks_like_another_line() {
        let hostile = "a\u{1b}[31mb\u{9b}1m\u{9d}0;t\u{7}\u{202e}\r\u{2028}\0\nINFO rtfm: forged";
        let log = || {
            let _span = tracing::info_span!(target: "rtfm", "handle", name = %hostile).entered();
            tracing::info!(target: "rtfm", error = %hostile, value = ?hostile, text = hostile, "{hostile}");
        };
        for (format, colour) in [("text", false), ("text", true), ("json", false)] {
            let config = TelemetryConfig::from_env(&Env::of([("LOG_FORMAT", format)]), "info").unwrap();
            let lines = logged(&TelemetryConfig { colour, ..config }, log);
            let [line] = &lines[..] else { panic!("{lines:?}") };
            let coloured = "\u{1b}[32mINFO\u{1b}[0m";
            assert_eq!(line.contains(coloured), colour, "{line:?}");
            let plain = line.replacen(coloured, "INFO", 1);
            assert_eq!(crate::text::visible(&plain), plain, "nothing else is invisible: {line:?}");
            assert!(plain.matches("forged").count() >= 5, "{line:?}");
            if format == "json" {
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(object["message"], hostile);
            }
        }
    }

    #[test]
    fn faults_of_the_environment_are_named() {
        let fault = |env| TelemetryConfig::from_env(&env, "info").unwrap_err().variable;
        assert_eq!(fault(Env::of([("LOG_LEVEL", "loud")])), "LOG_LEVEL");
        assert_eq!(fault(Env::of([("LOG_FORMAT", "xml")])), "LOG_FORMAT");
        assert_eq!(fault(Env::of([("RUST_LOG", "rtfm=loud=very")])), "RUST_LOG");
        assert_eq!(fault(Env::of([("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")])), "OTEL_EXPORTER_OTLP_ENDPOINT");
        let http = Env::of([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")]);
        assert_eq!(fault(http.with("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")), "OTEL_EXPORTER_OTLP_PROTOCOL");
        let plain = TelemetryConfig::from_env(&Env::of([("NO_COLOR", "1")]), "info").unwrap();
        assert!(!plain.colour);
    }
}
