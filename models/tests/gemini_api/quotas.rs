//! Quotas: a minute's is waited for when there is patience, a day's is remembered.

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

fn asked(gemini: &FakeGemini, model: &str) -> usize {
    gemini.requests().iter().filter(|request| request.model == model).count()
}

#[tokio::test]
async fn a_minute_is_waited_for_as_long_as_the_api_says() {
    let gemini = FakeGemini::start().await;
    let delay = Duration::from_millis(120);
    gemini.inject(Rule::of(Fault::PerMinute(delay)));
    let before = Instant::now();
    assert_eq!(ask(&answers(&gemini), "Where?").await.unwrap().model, FIRST);
    assert!(before.elapsed() >= delay, "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_wait_beyond_patience_goes_to_the_next_model_and_is_remembered() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::PerMinute(Duration::from_millis(33_380))).model(FIRST));
    let model = answers(&gemini);
    for _ in 0..3 {
        assert_eq!(ask(&model, "Where?").await.unwrap().model, SECOND);
    }
    assert_eq!((asked(&gemini, FIRST), asked(&gemini, SECOND)), (1, 3));
}

#[tokio::test]
async fn a_used_up_day_is_not_asked_again_by_anybody_who_shares_the_client() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::PerDay).model(FIRST));
    let client = client(&gemini);
    assert_eq!(ask(&GeminiModel::answers(client.clone()), "Where?").await.unwrap().model, SECOND);
    assert_eq!(ask(&GeminiModel::answers(client), "Where?").await.unwrap().model, SECOND);
    assert_eq!(asked(&gemini, FIRST), 1);
}

#[tokio::test]
async fn when_every_model_is_used_up_nobody_is_asked_any_more() {
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
async fn an_embedder_waits_for_a_minute_and_stops_for_a_day() {
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
async fn who_asks_while_another_was_told_to_wait_waits_as_well() {
    let gemini = FakeGemini::start().await;
    let mut config = config(&gemini);
    config.interactive.patience = Duration::ZERO;
    let embedder = GeminiEmbedder::new(GeminiClient::new(config).unwrap());
    let delay = Duration::from_millis(150);
    gemini.inject(Rule::of(Fault::PerMinute(delay)));
    let before = Instant::now();
    assert!(matches!(embedder.query("Where?").await, Err(EmbedError::Unavailable(_))));
    assert!(embedder.documents(&["Here.".to_owned()]).await.is_ok());
    assert!(before.elapsed() >= delay, "{:?}", before.elapsed());
    assert_eq!(gemini.requests().len(), 2);
}
