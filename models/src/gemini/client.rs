//! The HTTP client for all requests: key, time limits, errors, cooldowns.

use super::{GeminiConfig, GeminiError, cooldowns::Cooldowns, failure, input_limits::InputLimits, meter::RequestMeter};
use jiff::Timestamp;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use rtfm_shared::config::is_loopback;
use secrecy::ExposeSecret;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Above the largest response: 100 vectors of 3072 numbers.
const BODY_LIMIT: usize = 32 << 20;

/// A client of the Gemini API. Clones share connections, cooldowns and input limits.
#[derive(Clone)]
pub struct GeminiClient {
    inner: Arc<GeminiState>,
}

struct GeminiState {
    http: Client,
    config: GeminiConfig,
    cooldowns: Cooldowns,
    input_limits: InputLimits,
}

impl fmt::Debug for GeminiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeminiClient").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl GeminiClient {
    /// Creates a client with these settings without sending a request. Fails when the key cannot be a header value.
    pub fn new(config: GeminiConfig) -> Result<Self, GeminiError> {
        let fault = |message: String| GeminiError::Configuration { status: None, message };
        let mut key = HeaderValue::from_str(config.api_key.expose_secret())
            .map_err(|_| fault("GEMINI_API_KEY contains characters that a key cannot have".to_owned()))?;
        key.set_sensitive(true);
        let mut builder = Client::builder()
            .default_headers(HeaderMap::from_iter([(HeaderName::from_static("x-goog-api-key"), key)]))
            .user_agent(concat!("rtfm/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            // A redirect would send the key to another server.
            .redirect(Policy::none());
        // A proxy cannot reach this machine's loopback address.
        if is_loopback(&config.base_url) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| fault(format!("failed to create the HTTP client: {error}")))?;
        Ok(Self {
            inner: Arc::new(GeminiState {
                http,
                config,
                cooldowns: Cooldowns::default(),
                input_limits: InputLimits::default(),
            }),
        })
    }

    /// The settings that the client was created with.
    pub fn config(&self) -> &GeminiConfig {
        &self.inner.config
    }

    /// How many input tokens a model accepts.
    pub(crate) fn input_limit(&self, model: &str) -> usize {
        self.inner.input_limits.of(model)
    }

    /// Stores the input limit that the API reports for a model.
    pub(super) fn set_input_limit(&self, model: &str, tokens: usize) {
        self.inner.input_limits.set(model, tokens);
    }

    /// Posts a request to a model and returns the response with its body unread.
    pub(crate) async fn call(
        &self,
        model: &str,
        method: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<Response, GeminiError> {
        let url = format!("{}/models/{model}:{method}", self.base());
        self.check_status(model, self.send(self.inner.http.post(url).json(body)).await?).await
    }

    /// Gets a JSON document from a path below the base URL.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, GeminiError> {
        let request = self.inner.http.get(format!("{}/{path}", self.base())).query(query);
        let response = self.check_status(path, self.send(request).await?).await?;
        self.read(response).await
    }

    /// Reads a JSON body to its end.
    pub(crate) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, GeminiError> {
        let body = self.body(response).await?;
        serde_json::from_slice(&body)
            .map_err(|error| GeminiError::transient(format!("failed to parse Gemini's response: {error}")))
    }

    /// Makes one measured request to a model. Fails without a request while the model's cooldown lasts; a failure that
    /// names a quota starts one.
    pub(super) async fn attempt<T>(
        &self,
        model: &str,
        request: impl Future<Output = Result<T, GeminiError>> + Send,
    ) -> Result<T, GeminiError> {
        self.inner.cooldowns.check(model, Timestamp::now())?;
        let meter = RequestMeter::start(model);
        let result = request.await;
        meter.end(&result);
        if let Err(error) = &result {
            self.inner.cooldowns.record_failure(model, error, Timestamp::now());
        }
        result
    }

    /// Limits a step to `limit`.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        step: impl Future<Output = reqwest::Result<T>> + Send,
    ) -> Result<T, GeminiError> {
        match timeout(limit, step).await {
            Ok(result) => result.map_err(failure::from_transport),
            Err(_) => Err(GeminiError::transient(format!("Gemini sent nothing for {limit:?}"))),
        }
    }

    /// Turns every status but 200 into an error about `subject`, a model or a path.
    async fn check_status(&self, subject: &str, response: Response) -> Result<Response, GeminiError> {
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let body = self.body(response).await.unwrap_or_default();
        // A server could echo the key in its error; the key must not reach a log.
        let text = String::from_utf8_lossy(&body).replace(self.inner.config.api_key.expose_secret(), "[key]");
        Err(failure::from_response(subject, status.as_u16(), &text, Timestamp::now()))
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
            .ok_or_else(|| GeminiError::transient(format!("Gemini's response exceeds {BODY_LIMIT} bytes")))
    }

    fn base(&self) -> &str {
        self.inner.config.base_url.as_str().trim_end_matches('/')
    }
}
