//! Google's Gemini API over HTTP: the only room that knows its wire. [`crate::embed`] and
//! [`crate::llm`] stand on [`GeminiClient`].
//!
//! One client serves every model. It makes single attempts and says what each failure means
//! ([`GeminiError`]); how often to try, and whom to ask instead, is its callers' business, helped by
//! [`RetryPolicy`]. What the API said about quotas is remembered here, so that a model that is used up is
//! not asked again before its quota returns.

mod accumulator;
mod client;
mod config;
mod cooldowns;
mod embed;
mod error;
mod failure;
mod generate;
mod meter;
mod models;
mod retry_policy;
mod sse;
mod token_budgets;
mod wire;

pub use client::GeminiClient;
pub use config::{GeminiConfig, ThinkingLevel};
pub use error::GeminiError;
pub use models::{MissingModel, ModelInfo};
pub use retry_policy::RetryPolicy;

pub(crate) use embed::{BATCH, Purpose, safe_size};
pub(crate) use generate::Writing;
