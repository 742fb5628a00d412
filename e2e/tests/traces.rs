//! One trace from an event of Discord to the answer that is posted, as a collector gets it over OTLP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::Span,
};
use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    config::Env,
    telemetry::{self, TelemetryConfig},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource in request.into_inner().resource_spans {
            let about = resource.resource.unwrap_or_default().attributes;
            let service = about.iter().find(|attribute| attribute.key == "service.name");
            assert!(service.is_some(), "{about:?}");
            self.0.lock().unwrap().extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Starts it; the address to export to.
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder().add_service(TraceServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        format!("http://{address}")
    }
}

/// An attribute's text.
fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A span as a reader of the trace sees it: what is done, and on which topic or how.
fn name(span: &Span) -> String {
    let detail = attribute(span, "topic").or_else(|| attribute(span, "operation"));
    detail.map_or_else(|| span.name.clone(), |detail| format!("{} {detail}", span.name))
}

/// What led to a span, the span itself first.
fn ancestry(trace: &HashMap<Vec<u8>, &Span>, span: &Span) -> Vec<String> {
    let mut names = vec![name(span)];
    let mut at = span;
    while !at.parent_span_id.is_empty() {
        at = trace.get(&at.parent_span_id).unwrap_or_else(|| panic!("the parent of {} is missing", name(at)));
        names.push(name(at));
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_spans_the_question_and_the_answer() {
    let collector = Collector::default();
    let endpoint = collector.start().await;
    let env = Env::of([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("LOG_LEVEL", "off")]);
    telemetry::init(&TelemetryConfig::from_env(&env, "off").unwrap(), "rtfm-e2e").unwrap();
    let world = World::start(Backends::WITH_GEMINI).await.expect("these backends need nothing");
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    let question = world.ana.say(&world.general, "RTFM what is the crane endpoint?").unwrap();
    world.answer_to(&world.general, question).await;
    world.finish().await;
    tokio::task::spawn_blocking(telemetry::flush).await.unwrap();

    let spans = collector.0.lock().unwrap().clone();
    let query_id = format!("discord-message-{question}");
    let asked = spans.iter().find(|span| span.name == "ask" && attribute(span, "query_id") == Some(&query_id));
    let trace_id = &asked.unwrap_or_else(|| panic!("nobody asks {query_id} in {spans:?}")).trace_id;
    let trace: HashMap<Vec<u8>, &Span> =
        spans.iter().filter(|span| span.trace_id == *trace_id).map(|span| (span.span_id.clone(), span)).collect();
    let to = |wanted: &str| {
        let found = trace.values().find(|span| name(span) == wanted);
        let names = || trace.values().map(|span| name(span)).collect::<Vec<_>>();
        ancestry(&trace, found.unwrap_or_else(|| panic!("{wanted} is not in {:?}", names())))
    };

    let heard = ["ask", "discord_event"];
    let answering = [&["handle bot-queries"][..], &heard].concat();
    assert_eq!(to("retrieve"), [&["retrieve"][..], &answering].concat());
    assert_eq!(to("embed query"), [&["embed query", "retrieve"][..], &answering].concat());
    assert_eq!(to("store search"), [&["store search", "retrieve"][..], &answering].concat());
    assert_eq!(to("generate"), [&["generate"][..], &answering].concat());
    assert_eq!(to("deliver"), [&["deliver", "handle bot-responses"][..], &answering].concat());
    assert_eq!(to("handle discord-messages"), ["handle discord-messages", "discord_event"], "it is remembered, too");
}
