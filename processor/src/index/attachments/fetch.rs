//! Files from Discord's servers, and from nowhere else: no other origin, no redirect, no more bytes than wanted.

use super::AttachmentConfig;
use backon::{ExponentialBuilder, Retryable};
use reqwest::{Client, StatusCode, redirect::Policy};
use rtfm_documents::Skipped;
use std::{fmt, time::Duration};
use tokio::sync::Semaphore;
use url::Url;

/// Files fetched at once.
const AT_ONCE: usize = 16;
/// The longest a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// Tries after the first, within the file's time limit.
const RETRIES: usize = 3;
/// The pause before the first of them; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client for attachments can be made: {0}")]
pub struct FetchError(#[from] reqwest::Error);

pub(super) struct Fetcher {
    client: Client,
    origins: Vec<String>,
    max_bytes: u64,
    places: Semaphore,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// Why one try failed: `Passing` is retried, `Lasting` is not.
enum FetchAttemptError {
    Passing,
    Lasting(Skipped),
}

impl Fetcher {
    pub(super) fn new(config: &AttachmentConfig) -> Result<Self, FetchError> {
        let client = match &config.client {
            Some(client) => client.clone(),
            None => Client::builder()
                .user_agent(concat!("rtfm/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT)
                // Who is sent elsewhere could be sent to our own neighbours.
                .redirect(Policy::none())
                .referer(false)
                .build()?,
        };
        let (origins, max_bytes) = (config.origins.clone(), config.max_bytes);
        Ok(Self { client, origins, max_bytes, places: Semaphore::new(AT_ONCE) })
    }

    /// The file at this address. The caller bounds the time.
    pub(super) async fn fetch(&self, address: &str) -> Result<Vec<u8>, Skipped> {
        let url = Url::parse(address).map_err(|_| Skipped::ForeignAddress)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !is_plain || !self.origins.contains(&url.origin().ascii_serialization()) {
            return Err(Skipped::ForeignAddress);
        }
        let _place = self.places.acquire().await.map_err(|_| Skipped::Failed)?;
        let pauses = ExponentialBuilder::default().with_min_delay(PAUSE).with_max_times(RETRIES).with_jitter();
        let fetched =
            (|| self.try_once(&url)).retry(pauses).when(|fault| matches!(fault, FetchAttemptError::Passing)).await;
        fetched.map_err(|fault| match fault {
            FetchAttemptError::Passing => Skipped::Failed,
            FetchAttemptError::Lasting(skipped) => skipped,
        })
    }

    async fn try_once(&self, url: &Url) -> Result<Vec<u8>, FetchAttemptError> {
        let mut response = self.client.get(url.clone()).send().await.map_err(|_| FetchAttemptError::Passing)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::GONE => {
                return Err(FetchAttemptError::Lasting(Skipped::Gone));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => return Err(FetchAttemptError::Passing),
            status if status.is_server_error() => return Err(FetchAttemptError::Passing),
            status if status.is_redirection() => return Err(FetchAttemptError::Lasting(Skipped::ForeignAddress)),
            _ => return Err(FetchAttemptError::Lasting(Skipped::Failed)),
        }
        let too_large = FetchAttemptError::Lasting(Skipped::TooLarge);
        if response.content_length().is_some_and(|length| length > self.max_bytes) {
            return Err(too_large);
        }
        // What it says it sends is not what it sends.
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchAttemptError::Passing)? {
            if (bytes.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}
