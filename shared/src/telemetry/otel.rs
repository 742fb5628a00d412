//! OpenTelemetry: exports our crates' spans over OTLP/gRPC. Only with the feature `otel`; `without_otel.rs` replaces it
//! otherwise.

use super::{trace::parts, uncached_filter::UncachedFilter};
use opentelemetry::{
    Context, KeyValue,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use std::{sync::OnceLock, time::Duration};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

/// Whether this build can export traces.
pub(super) const AVAILABLE: bool = true;

/// Time limit for exporting the last spans. It follows the drain, and supervisors kill a process soon after.
const LAST: Duration = Duration::from_secs(1);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The layer that exports to `endpoint`, connecting later. Needs a tokio runtime.
pub(super) fn layer<S>(
    endpoint: &str,
    service: &'static str,
) -> Result<Box<dyn Layer<S> + Send + Sync>, ExporterBuildError>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let mut resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    // The resource itself reads OTEL_SERVICE_NAME.
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(service);
    }
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    let tracer = provider.tracer("rtfm");
    // One provider per process; a second one would be lost.
    let _ = PROVIDER.set(provider);
    let ours = Targets::new().with_target("rtfm", Level::INFO);
    Ok(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(UncachedFilter(ours)).boxed())
}

/// Exports the remaining spans. Blocks for [`LAST`] at most.
pub(super) fn flush() {
    if let Some(Err(error)) = PROVIDER.get().map(|provider| provider.shutdown_with_timeout(LAST)) {
        tracing::warn!(%error, "failed to export the last spans");
    }
}

/// Makes the span a child of `cause`; returns its trace context if it is collected.
pub(super) fn join(span: &Span, cause: Option<&str>) -> Option<String> {
    if let Some(cause) = cause.and_then(read) {
        span.set_parent(Context::new().with_remote_span_context(cause)).ok()?;
    }
    traceparent_of(span)
}

/// Links further causes to a span.
pub(super) fn link<'a>(span: &Span, causes: impl Iterator<Item = &'a str>) {
    causes.filter_map(read).for_each(|cause| span.add_link(cause));
}

/// The trace context of a collected span.
pub(super) fn traceparent_of(span: &Span) -> Option<String> {
    let context = span.context();
    let context = context.span().span_context().clone();
    let flags = context.trace_flags().to_u8();
    context.is_valid().then(|| format!("00-{}-{}-{flags:02x}", context.trace_id(), context.span_id()))
}

fn read(traceparent: &str) -> Option<SpanContext> {
    let (trace, span, flags) = parts(traceparent)?;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::default()))
}
