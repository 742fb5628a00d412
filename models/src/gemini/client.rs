//! One HTTP client for every request: key, time-outs, errors, holds.

use super::{GeminiConfig, GeminiError, cooldowns::Cooldowns, failure, token_budgets::TokenBudgets};
use jiff::Timestamp;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use secrecy::ExposeSecret;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::timeout;
use url::Host;

/// More than the largest answer: 100 vectors of 3072 numbers.
const BODY_LIMIT: usize = 32 << 20;

/// Talks to Gemini. Clones share connections and what was learned about quotas.
#[derive(Clone)]
pub struct GeminiClient {
    inner: Arc<ClientState>,
}

struct ClientState {
    http: Client,
    config: GeminiConfig,
    cooldowns: Cooldowns,
    rooms: TokenBudgets,
}

impl fmt::Debug for GeminiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeminiClient").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl GeminiClient {
    /// A client with these settings. Nothing is sent yet.
    pub fn new(config: GeminiConfig) -> Result<Self, GeminiError> {
        let fault = |message: String| GeminiError::Configuration { status: None, message };
        let mut key = HeaderValue::from_str(config.api_key.expose_secret())
            .map_err(|_| fault("GEMINI_API_KEY contains characters that no key has".to_owned()))?;
        key.set_sensitive(true);
        let mut builder = Client::builder()
            .default_headers(HeaderMap::from_iter([(HeaderName::from_static("x-goog-api-key"), key)]))
            .user_agent(concat!("rtfm/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            // Following one would hand the key to whoever it points to.
            .redirect(Policy::none());
        if is_loopback(&config) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| fault(format!("no HTTP client can be made: {error}")))?;
        Ok(Self {
            inner: Arc::new(ClientState {
                http,
                config,
                cooldowns: Cooldowns::default(),
                rooms: TokenBudgets::default(),
            }),
        })
    }

    /// The settings.
    pub fn config(&self) -> &GeminiConfig {
        &self.inner.config
    }

    /// How many tokens a model takes.
    pub(crate) fn token_budget(&self, model: &str) -> usize {
        self.inner.rooms.of(model)
    }

    /// Notes how many tokens a model takes, as the API says.
    pub(super) fn learn_room(&self, model: &str, tokens: usize) {
        self.inner.rooms.learn(model, tokens);
    }

    /// Asks a model and gives the answer, its body still unread.
    pub(crate) async fn call(
        &self,
        model: &str,
        method: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<Response, GeminiError> {
        let url = format!("{}/models/{model}:{method}", self.base());
        self.accept(model, self.send(self.inner.http.post(url).json(body)).await?).await
    }

    /// A whole answer from a path below the base URL.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, GeminiError> {
        let request = self.inner.http.get(format!("{}/{path}", self.base())).query(query);
        let response = self.accept(path, self.send(request).await?).await?;
        self.read(response).await
    }

    /// Reads a whole answer.
    pub(crate) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, GeminiError> {
        let body = self.body(response).await?;
        serde_json::from_slice(&body)
            .map_err(|error| GeminiError::transient(format!("Gemini's answer cannot be read: {error}")))
    }

    /// Fails without asking while the model wants to be left alone.
    pub(crate) fn check_hold(&self, model: &str) -> Result<(), GeminiError> {
        self.inner.cooldowns.check(model, Timestamp::now())
    }

    /// Remembers what a failure says about a model's quota.
    pub(crate) fn learn(&self, model: &str, error: &GeminiError) {
        self.inner.cooldowns.learn(model, error, Timestamp::now());
    }

    /// The time within which something must happen.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        what: impl Future<Output = reqwest::Result<T>> + Send,
    ) -> Result<T, GeminiError> {
        match timeout(limit, what).await {
            Ok(result) => result.map_err(failure::of_transport),
            Err(_) => Err(GeminiError::transient(format!("Gemini was silent for {limit:?}"))),
        }
    }

    /// The answer if it is one; else its error.
    async fn accept(&self, model: &str, response: Response) -> Result<Response, GeminiError> {
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let body = self.body(response).await.unwrap_or_default();
        // Nobody should echo the key; if somebody does, it ends here.
        let text = String::from_utf8_lossy(&body).replace(self.inner.config.api_key.expose_secret(), "[key]");
        Err(failure::of_answer(model, status.as_u16(), &text, Timestamp::now()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, GeminiError> {
        self.within(self.inner.config.request_timeout, request.send()).await
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, GeminiError> {
        let read = async {
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > BODY_LIMIT {
                    return Ok(None);
                }
            }
            Ok(Some(body))
        };
        self.within(self.inner.config.request_timeout, read)
            .await?
            .ok_or_else(|| GeminiError::transient(format!("Gemini's answer has more than {BODY_LIMIT} bytes")))
    }

    fn base(&self) -> &str {
        self.inner.config.base_url.as_str().trim_end_matches('/')
    }
}

/// A proxy cannot reach our own machine.
fn is_loopback(config: &GeminiConfig) -> bool {
    match config.base_url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
