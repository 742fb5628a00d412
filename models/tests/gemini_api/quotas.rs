//! Quotas: requests wait for a per-minute quota within their time, and a daily one starts a cooldown.

use super::{answers, ask, client, config};
use rtfm_models::{
    embed::{EmbedError, Embedder, GeminiEmbedder},
    gemini::GeminiClient,
    llm::{GeminiModel, LlmError},
};
use rtfm_testkit::gemini::{FakeGemini, Fault, Rule};
use std::time::{Duration, Instant};

const FIRST: &str = "gemini-3.8-flash";
const SECOND: &str = "gemini-3.6-flash";

fn requests_to(gemini: &FakeGemini, model: &str) -> usize {
    gemini.requests().iter().filter(|request| request.model == model).count()
}

#[tokio::test]
async fn a_retry_waits_for_the_delay_of_the_api() {
    let gemini = FakeGemini::start().await;
    let delay = Duration::from_millis(120);
    gemini.inject(Rule::of(Fault::PerMinute(delay)));
    let before = Instant::now();
    assert_eq!(ask(&answers(&gemini), "Where?").await.unwrap().model, FIRST);
    assert!(before.elapsed() >= delay, "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_delay_beyond_the_limit_falls_back_and_starts_a_cooldown() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::PerMinute(Duration::from_millis(33_380))).model(FIRST));
    let model = answers(&gemini);
    for _ in 0..3 {
        assert_eq!(ask(&model, "Where?").await.unwrap().model, SECOND);
    }
    assert_eq!((requests_to(&gemini, FIRST), requests_to(&gemini, SECOND)), (1, 3));
}

#[tokio::test]
async fn a_daily_quota_holds_for_all_clones_of_the_client() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::PerDay).model(FIRST));
    let client = client(&gemini);
    assert_eq!(ask(&GeminiModel::answers(client.clone()), "Where?").await.unwrap().model, SECOND);
    assert_eq!(ask(&GeminiModel::answers(client), "Where?").await.unwrap().model, SECOND);
    assert_eq!(requests_to(&gemini, FIRST), 1);
}

#[tokio::test]
async fn no_requests_are_sent_when_all_daily_quotas_are_used_up() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::PerDay).always());
    let model = answers(&gemini);
    for _ in 0..2 {
        match ask(&model, "Where?").await {
            Err(LlmError::Unavailable(message)) => assert!(message.contains("daily quota"), "{message}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(gemini.requests().len(), 3, "each model once");
}

#[tokio::test]
async fn an_embedder_waits_for_a_rate_limit_and_fails_on_a_daily_quota() {
    let gemini = FakeGemini::start().await;
    let embedder = GeminiEmbedder::new(client(&gemini));
    gemini.inject(Rule::of(Fault::PerMinuteInMessage(Duration::from_millis(30))));
    assert!(embedder.query("Where?").await.is_ok());
    assert_eq!(gemini.requests().len(), 2);
    gemini.inject(Rule::of(Fault::PerDay));
    for _ in 0..2 {
        let error = embedder.query("Where?").await.unwrap_err();
        assert!(matches!(&error, EmbedError::Unavailable(message) if message.contains("daily quota")), "{error:?}");
    }
    assert_eq!(gemini.requests().len(), 3);
}

#[tokio::test]
async fn a_cooldown_delays_other_requests_too() {
    let gemini = FakeGemini::start().await;
    let mut config = config(&gemini);
    config.interactive.max_total_delay = Duration::ZERO;
    let embedder = GeminiEmbedder::new(GeminiClient::new(config).unwrap());
    let delay = Duration::from_millis(150);
    gemini.inject(Rule::of(Fault::PerMinute(delay)));
    let before = Instant::now();
    assert!(matches!(embedder.query("Where?").await, Err(EmbedError::Unavailable(_))));
    assert!(embedder.documents(&["Here.".to_owned()]).await.is_ok());
    assert!(before.elapsed() >= delay, "{:?}", before.elapsed());
    assert_eq!(gemini.requests().len(), 2);
}
