//! Failures of generation: what is retried, what falls back, and what the caller learns.

use super::{answers, ask, config, listen, prompt};
use rtfm_models::{
    gemini::GeminiClient,
    llm::{GeminiModel, LlmError},
};
use rtfm_testkit::gemini::{FakeGemini, Fault, Reply, Rule};
use std::time::Duration;

const FIRST: &str = "gemini-3.8-flash";

fn models_asked(gemini: &FakeGemini) -> Vec<String> {
    gemini.requests().into_iter().map(|request| request.model).collect()
}

#[tokio::test]
async fn transient_failures_are_retried_with_the_same_model() {
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Page(502),
        Fault::PerMinute(Duration::from_millis(5)),
        Fault::PerMinuteInMessage(Duration::from_millis(5)),
        Fault::HalfStream,
        Fault::Unfinished,
        Fault::Garbage,
        Fault::NotUtf8,
        Fault::EmptyStream,
        Fault::ErrorMidStream(503),
        Fault::ArrayMidStream(500),
        Fault::InvalidJson,
        Fault::Finish("MALFORMED_FUNCTION_CALL"),
    ] {
        let gemini = FakeGemini::start().await;
        gemini.inject(Rule::of(fault.clone()).times(2));
        gemini.script([Reply::text("Here it is.")]);
        let (result, heard) = listen(&answers(&gemini), &prompt("Where?")).await;
        assert_eq!(result.unwrap().text, "Here it is.", "{fault:?}");
        assert_eq!(heard.last().map(String::as_str), Some("Here it is."), "{fault:?}");
        assert_eq!(models_asked(&gemini), [FIRST; 3], "{fault:?}");
    }
}

#[tokio::test]
async fn a_retry_reports_its_text_from_the_start() {
    let gemini = FakeGemini::start().await;
    gemini.script([
        Reply::pieces(["One ", "two ", "three"]).failing(Fault::HalfStream),
        Reply::pieces(["Four ", "five"]),
    ]);
    let (result, heard) = listen(&answers(&gemini), &prompt("Count.")).await;
    assert_eq!(result.unwrap().text, "Four five");
    // The network decides how much of the broken stream arrives.
    assert_eq!(heard[heard.len() - 2..], ["Four ", "Four five"]);
}

#[tokio::test]
async fn a_silent_model_times_out() {
    for fault in [Fault::Hang, Fault::Stall] {
        let gemini = FakeGemini::start().await;
        gemini.inject(Rule::of(fault.clone()).model(FIRST).always());
        let mut config = config(&gemini);
        config.request_timeout = Duration::from_millis(100);
        config.idle_timeout = Duration::from_millis(100);
        let model = GeminiModel::answers(GeminiClient::new(config).unwrap());
        // The other models respond at once, but under load even that may exceed the limit.
        let text = loop {
            if let Ok(generated) = ask(&model, "Where?").await {
                break generated.model;
            }
        };
        assert_ne!(text, FIRST, "{fault:?}");
    }
}

#[tokio::test]
async fn a_slow_stream_does_not_time_out() {
    let gemini = FakeGemini::start().await;
    gemini.script([Reply::pieces(["a", "b", "c"]).failing(Fault::Slow(Duration::from_millis(5)))]);
    assert_eq!(ask(&answers(&gemini), "Where?").await.unwrap().text, "abc");
    assert_eq!(gemini.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_cut_after_the_finish_reason_loses_no_text() {
    let gemini = FakeGemini::start().await;
    gemini.script([Reply::pieces(["whole", " answer"]).failing(Fault::CutAfterEnd)]);
    assert_eq!(ask(&answers(&gemini), "Where?").await.unwrap().text, "whole answer");
    assert_eq!(gemini.requests().len(), 1);
}

#[tokio::test]
async fn an_unavailable_model_falls_back_until_the_chain_ends() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Status(503)).model(FIRST).always());
    let model = answers(&gemini);
    assert_eq!(ask(&model, "Where?").await.unwrap().model, "gemini-3.6-flash");
    assert_eq!(models_asked(&gemini), [FIRST, FIRST, FIRST, "gemini-3.6-flash"]);
    gemini.inject(Rule::of(Fault::Status(503)).always());
    match ask(&model, "Where?").await {
        Err(LlmError::Unavailable(message)) => assert!(message.contains("gemini-3.1-flash-lite"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unreachable_server_is_unavailable() {
    let gemini = FakeGemini::start().await;
    let config = config(&gemini);
    drop(gemini);
    let result = ask(&GeminiModel::answers(GeminiClient::new(config).unwrap()), "Where?").await;
    assert!(matches!(result, Err(LlmError::Unavailable(_))), "{result:?}");
}

#[tokio::test]
async fn a_blocked_answer_is_final() {
    for fault in [
        Fault::Blocked("PROHIBITED_CONTENT"),
        Fault::Finish("SAFETY"),
        Fault::Finish("RECITATION"),
        Fault::Finish("LANGUAGE"),
        Fault::Finish("BLOCKLIST"),
        Fault::Finish("PROHIBITED_CONTENT"),
        Fault::Finish("SPII"),
        Fault::Finish("OTHER"),
        Fault::Finish("SOMETHING_NEW"),
    ] {
        let gemini = FakeGemini::start().await;
        gemini.inject(Rule::of(fault.clone()).always());
        let result = ask(&answers(&gemini), "Where?").await;
        let expected = match fault {
            Fault::Finish("SOMETHING_NEW") => "OTHER",
            Fault::Blocked(reason) | Fault::Finish(reason) => reason,
            _ => unreachable!(),
        };
        assert!(matches!(&result, Err(LlmError::Declined(reason)) if reason == expected), "{result:?}");
        assert_eq!(gemini.requests().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_at_the_token_limit_is_marked_and_an_empty_one_is_an_error() {
    let gemini = FakeGemini::start().await;
    gemini.script([Reply::text("It is in the").finish("MAX_TOKENS")]);
    let model = answers(&gemini);
    let generated = ask(&model, "Where?").await.unwrap();
    assert!(generated.truncated);
    assert_eq!(generated.text, "It is in the");
    gemini.on_generate(|_| Reply::text("").finish("MAX_TOKENS"));
    match ask(&model, "Where?").await {
        Err(LlmError::Refused(message)) => assert!(message.contains("1024 output tokens"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_empty_answer_is_retried() {
    let gemini = FakeGemini::start().await;
    gemini.script([Reply::text(" "), Reply::text("Here.")]);
    assert_eq!(ask(&answers(&gemini), "Where?").await.unwrap().text, "Here.");
}

#[tokio::test]
async fn a_rejected_request_is_not_retried() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Status(400)).always());
    let result = ask(&answers(&gemini), "Where?").await;
    assert!(matches!(result, Err(LlmError::Refused(_))), "{result:?}");
    assert_eq!(gemini.requests().len(), 1);
}

#[tokio::test]
async fn a_wrong_key_or_project_is_reported_without_the_key() {
    let gemini = FakeGemini::start().await;
    let mut config = config(&gemini);
    config.api_key = "wrong-and-secret".into();
    let model = GeminiModel::answers(GeminiClient::new(config).unwrap());
    let error = ask(&model, "Where?").await.unwrap_err();
    assert!(matches!(error, LlmError::Refused(_)), "{error:?}");
    assert!(error.to_string().contains("GEMINI_API_KEY"), "{error}");
    assert_eq!(gemini.requests().len(), 1);
    let everything = format!("{model:?} {error:?} {error}");
    assert!(!everything.contains("wrong-and-secret"), "{everything}");

    gemini.inject(Rule::of(Fault::FailedPrecondition));
    let error = ask(&answers(&gemini), "Where?").await.unwrap_err();
    assert!(matches!(error, LlmError::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn a_removed_model_falls_back_to_the_next() {
    let gemini = FakeGemini::start().await;
    gemini.remove_model(FIRST);
    let model = answers(&gemini);
    assert_eq!(ask(&model, "Where?").await.unwrap().model, "gemini-3.6-flash");
    gemini.remove_model("gemini-3.6-flash");
    gemini.remove_model("gemini-3.1-flash-lite");
    let error = ask(&model, "Where?").await.unwrap_err();
    assert!(matches!(&error, LlmError::Refused(message) if message.contains(FIRST)), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Page(302)).always());
    let error = ask(&answers(&gemini), "Where?").await.unwrap_err();
    assert!(error.to_string().contains("GEMINI_BASE_URL"), "{error}");
}
