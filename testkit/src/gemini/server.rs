//! The HTTP side: routes, keys, models, and what each method answers.

use super::{
    Fault, KEY, Method, RecordedRequest, Reply, Rule, answer,
    error::{self, Refusal},
    play, validate, vectors,
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State as Extracted},
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// State shared by the servers and the test.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    /// Changes with every request.
    pub(super) news: watch::Sender<()>,
    /// Changes when hanging requests may go.
    pub(super) release: watch::Sender<u64>,
}

type OnGenerate = Arc<dyn Fn(&RecordedRequest) -> Reply + Send + Sync>;

pub(super) struct State {
    pub(super) requests: Vec<RecordedRequest>,
    pub(super) rules: Vec<Rule>,
    pub(super) script: VecDeque<Reply>,
    pub(super) on_generate: Option<OnGenerate>,
    pub(super) latency: Duration,
    pub(super) page_size: usize,
    pub(super) input_limit: usize,
    pub(super) models: Vec<(String, Vec<&'static str>)>,
}

impl Default for State {
    fn default() -> Self {
        let writers = ["gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"];
        let embedders = ["gemini-embedding-2", "gemini-embedding-001"];
        let writers = writers.map(|name| (name.to_owned(), vec!["generateContent", "countTokens"]));
        let embedders = embedders.map(|name| (name.to_owned(), vec!["embedContent", "asyncBatchEmbedContent"]));
        Self {
            requests: Vec::new(),
            rules: Vec::new(),
            script: VecDeque::new(),
            on_generate: None,
            latency: Duration::ZERO,
            page_size: usize::MAX,
            input_limit: 1_048_576,
            models: writers.into_iter().chain(embedders).collect(),
        }
    }
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1beta/models", get(list_models))
        .route("/v1beta/models/{call}", post(call))
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(shared)
}

async fn list_models(Extracted(shared): Extracted<Arc<Shared>>, headers: HeaderMap, query: RawQuery) -> Response {
    let mut release = shared.release.subscribe();
    let request =
        RecordedRequest { method: Method::ListModels, model: String::new(), body: Value::Null, refusal: None };
    let request = match admit(&shared, request, check_key(&headers)) {
        Ok(request) => request,
        Err(refusal) => return refusal.response(),
    };
    if let Some(failed) = fail(&shared, &request, &mut release).await.err() {
        return failed;
    }
    let query = query.0.unwrap_or_default();
    let number = |name: &str| {
        let value = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name)?.1;
        value.parse::<usize>().ok()
    };
    let state = shared.state.lock().unwrap();
    let size = number("pageSize").unwrap_or(50).min(state.page_size);
    let start = number("pageToken").unwrap_or(0);
    let page = state.models.iter().skip(start).take(size);
    let models: Vec<Value> = page
        .map(|(name, methods)| {
            json!({"name": format!("models/{name}"), "supportedGenerationMethods": methods,
                "inputTokenLimit": state.input_limit})
        })
        .collect();
    let end = start + models.len();
    let mut answer = json!({ "models": models });
    if end < state.models.len() {
        answer["nextPageToken"] = end.to_string().into();
    }
    error::json_response(200, &answer)
}

async fn call(
    Extracted(shared): Extracted<Arc<Shared>>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Subscribe before the request is recorded, so that a test that sees it cannot release it too early.
    let mut release = shared.release.subscribe();
    let (model, method) = call.split_once(':').unwrap_or((&call, ""));
    let Some(method) = Method::named(method) else {
        return Refusal::new(404, format!("there is no method {method:?}")).response();
    };
    let parsed = serde_json::from_slice(&body);
    let mut request = RecordedRequest { method, model: model.to_owned(), body: Value::Null, refusal: None };
    let checked = match parsed {
        Ok(body) => {
            request.body = body;
            check_key(&headers)
                .and_then(|()| check_model(&shared, &request))
                .and_then(|()| check_sse(method, query.as_deref()))
                .and_then(|()| validate::check(&request))
        }
        Err(error) => Err(Refusal::invalid(format!("Invalid JSON payload received. {error}"))),
    };
    let request = match admit(&shared, request, checked) {
        Ok(request) => request,
        Err(refusal) => return refusal.response(),
    };
    let fault = match fail(&shared, &request, &mut release).await {
        Ok(fault) => fault,
        Err(failed) => return failed,
    };
    if method.embeds() {
        embeddings(&request, fault.as_ref())
    } else {
        generation(&shared, &request, fault, release).await
    }
}

/// Records the request and its refusal, if any.
fn admit(
    shared: &Shared,
    mut request: RecordedRequest,
    checked: Result<(), Refusal>,
) -> Result<RecordedRequest, Refusal> {
    request.refusal = checked.as_ref().err().map(|refusal| refusal.message.clone());
    shared.state.lock().unwrap().requests.push(request.clone());
    shared.news.send_replace(());
    checked.map(|()| request)
}

/// The fault that a rule has for this request: its answer when that is all there is to it, else the
/// fault itself for later.
async fn fail(
    shared: &Shared,
    request: &RecordedRequest,
    release: &mut watch::Receiver<u64>,
) -> Result<Option<Fault>, Response> {
    let (fault, latency) = {
        let mut state = shared.state.lock().unwrap();
        let fault = state.rules.iter_mut().find_map(|rule| rule.apply(request.method, &request.model));
        (fault, state.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let Some(fault) = fault else { return Ok(None) };
    if fault == Fault::Hang {
        drop(release.changed().await);
    }
    match error::response_to(&fault, &request.model) {
        Some(response) => Err(response),
        None => Ok(Some(fault)),
    }
}

async fn generation(
    shared: &Shared,
    request: &RecordedRequest,
    fault: Option<Fault>,
    mut release: watch::Receiver<u64>,
) -> Response {
    let (scripted, closure) = {
        let mut state = shared.state.lock().unwrap();
        // A rule's fault uses up no scripted reply, which stays for the next attempt.
        let scripted = if fault.is_none() { state.script.pop_front() } else { None };
        (scripted, state.on_generate.clone())
    };
    // The closure is the test's own code and may ask the fake: no lock is held.
    let reply =
        scripted.unwrap_or_else(|| closure.map_or_else(|| answer::default_reply(request), |reply| reply(request)));
    let fault = fault.or_else(|| reply.fault.clone());
    if fault == Some(Fault::Hang) {
        drop(release.changed().await);
    }
    if let Some(response) = fault.as_ref().and_then(|fault| error::response_to(fault, &request.model)) {
        return response;
    }
    match request.method {
        Method::Stream => play::streamed(&reply, fault.as_ref(), &request.model, release),
        _ => error::json_response(200, &play::whole(&reply, fault.as_ref(), &request.model)),
    }
}

fn embeddings(request: &RecordedRequest, fault: Option<&Fault>) -> Response {
    let dimensions = request.embed_requests().map(|one| one["outputDimensionality"].as_u64().unwrap_or(3072));
    let texts = request.embedded_texts();
    let mut vectors: Vec<Vec<f32>> = texts
        .iter()
        .zip(dimensions)
        .map(|(text, dimension)| vectors::embed(&request.model, text, usize::try_from(dimension).unwrap()))
        .collect();
    match fault {
        Some(Fault::WrongCount) => drop(vectors.pop()),
        Some(Fault::WrongDimension) => vectors.iter_mut().for_each(|vector| vector.truncate(vector.len() - 1)),
        Some(Fault::ZeroVectors) => vectors.iter_mut().for_each(|vector| vector.fill(0.0)),
        _ => {}
    }
    let vectors: Vec<Value> = vectors.iter().map(|vector| vectors::json(vector)).collect();
    let answer = match request.method {
        Method::Embed => json!({ "embedding": vectors.first() }),
        _ => json!({ "embeddings": vectors }),
    };
    error::json_response(200, &answer)
}

fn check_key(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("x-goog-api-key") {
        Some(key) if key == KEY => Ok(()),
        Some(_) => Err(Refusal {
            details: vec![json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                "domain": "googleapis.com"})],
            ..Refusal::invalid("API key not valid. Please pass a valid API key.")
        }),
        None => {
            Err(Refusal::new(403, "Method doesn't allow unregistered callers (callers without established identity)."))
        }
    }
}

fn check_model(shared: &Shared, request: &RecordedRequest) -> Result<(), Refusal> {
    let model = &request.model;
    let state = shared.state.lock().unwrap();
    let wanted = if request.method.embeds() { "embedContent" } else { "generateContent" };
    if state.models.iter().any(|(name, methods)| name == model && methods.contains(&wanted)) {
        return Ok(());
    }
    let message = format!("models/{model} is not found for API version v1beta, or is not supported for {wanted}.");
    Err(Refusal::new(404, message))
}

/// Without `alt=sse` the real API streams one long array, which no client of ours reads.
fn check_sse(method: Method, query: Option<&str>) -> Result<(), Refusal> {
    match (method, query) {
        (Method::Stream, Some("alt=sse")) => Ok(()),
        (Method::Stream, _) => Err(Refusal::invalid("streamGenerateContent is read with ?alt=sse")),
        (_, None) => Ok(()),
        (_, Some(query)) => Err(Refusal::invalid(format!("unknown query {query:?}"))),
    }
}
