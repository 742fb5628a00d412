//! Google's Gemini API over HTTP. Only this module knows its wire format; [`crate::embed`] and [`crate::llm`] build
//! on [`GeminiClient`].
//!
//! One client serves all models. It makes single attempts and classifies each failure as a [`GeminiError`]; callers
//! decide on retries and fallbacks with a [`RetryPolicy`]. The client remembers quota errors, so it sends no request
//! to a model before that model's quota resets.

mod accumulator;
mod client;
mod config;
mod cooldowns;
mod embed;
mod error;
mod failure;
mod generate;
mod input_limits;
mod meter;
mod models;
mod retry_policy;
mod sse;
mod wire;

pub use client::GeminiClient;
pub use config::{GeminiConfig, ThinkingLevel};
pub use error::GeminiError;
pub use models::{MissingModel, ModelInfo};
pub use retry_policy::RetryPolicy;

pub(crate) use embed::{BATCH, Purpose, max_text_bytes};
pub(crate) use generate::TextRequest;
