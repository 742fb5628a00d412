//! The Gemini clients against the fake server: requests, responses and failures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod embedding;
mod fake;
mod faults;
mod masking;
mod metering;
mod models;
mod quotas;
mod writing;

use rtfm_models::{
    gemini::{GeminiClient, GeminiConfig, RetryPolicy},
    llm::{GeminiModel, Generated, LanguageModel, LlmError, Prompt},
};
use rtfm_testkit::gemini::FakeGemini;
use std::{sync::Mutex, time::Duration};

/// Settings that point to the fake server and barely wait between attempts.
fn config(gemini: &FakeGemini) -> GeminiConfig {
    let mut config = GeminiConfig::from_env(&gemini.env()).unwrap().unwrap();
    let quick = RetryPolicy {
        attempts: 3,
        initial_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(2),
        max_total_delay: Duration::from_secs(2),
    };
    config.interactive = quick.clone();
    config.background = quick;
    config
}

fn client(gemini: &FakeGemini) -> GeminiClient {
    GeminiClient::new(config(gemini)).unwrap()
}

fn answers(gemini: &FakeGemini) -> GeminiModel {
    GeminiModel::answers(client(gemini))
}

fn prompt(user: &str) -> Prompt {
    Prompt { system: "Be brief.".to_owned(), user: user.to_owned(), max_output_tokens: 1024, ..Prompt::default() }
}

/// The result, and each text that was reported on the way.
async fn listen(model: &GeminiModel, prompt: &Prompt) -> (Result<Generated, LlmError>, Vec<String>) {
    let heard = Mutex::new(Vec::new());
    let result = model.generate(prompt, &|text| heard.lock().unwrap().push(text.to_owned())).await;
    (result, heard.into_inner().unwrap())
}

async fn ask(model: &GeminiModel, user: &str) -> Result<Generated, LlmError> {
    listen(model, &prompt(user)).await.0
}
