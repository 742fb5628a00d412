//! What stands in for OpenTelemetry in a build without the feature `otel`: nobody collects spans.

use std::convert::Infallible;
use tracing::{Span, Subscriber};
use tracing_subscriber::Layer;

/// Whether this build can export traces.
pub(super) const AVAILABLE: bool = false;

/// A layer that does nothing.
pub(super) fn layer<S: Subscriber>(_: &str, _: &'static str) -> Result<Box<dyn Layer<S> + Send + Sync>, Infallible> {
    Ok(Box::new(tracing_subscriber::layer::Identity::new()))
}

/// Nothing is left to export.
pub(super) fn flush() {}

/// No span has a trace context of its own.
pub(super) fn join(_: &Span, _: Option<&str>) -> Option<String> {
    None
}

/// Nobody would see it.
pub(super) fn link<'a>(_: &Span, _: impl Iterator<Item = &'a str>) {}

/// No span has a trace context of its own.
pub(super) fn of(_: &Span) -> Option<String> {
    None
}
