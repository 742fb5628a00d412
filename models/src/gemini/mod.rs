//! Google's Gemini API over HTTP: the only room that knows its wire. [`crate::embed`] and
//! [`crate::llm`] stand on [`GeminiClient`].
//!
//! One client serves every model. It makes single attempts and says what each failure means
//! ([`GeminiError`]); how often to try, and whom to ask instead, is its callers' business, helped by
//! [`Backoff`]. What the API said about quotas is remembered here, so that a model that is used up is
//! not asked again before its quota returns.

mod backoff;
mod client;
mod config;
mod embed;
mod error;
mod failure;
mod generate;
mod holds;
mod meter;
mod models;
mod rooms;
mod sse;
mod transcript;
mod wire;

pub use backoff::Backoff;
pub use client::GeminiClient;
pub use config::{GeminiConfig, ThinkingLevel};
pub use error::GeminiError;
pub use models::{MissingModel, Model};

pub(crate) use embed::{BATCH, Purpose, safe_size};
pub(crate) use generate::Writing;
