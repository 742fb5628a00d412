//! Whatever a caller passes, no request carries a secret.

use super::{answers, client};
use rtfm_models::{
    embed::{EmbedderChoice, GeminiEmbedder},
    llm::{GeminiModel, LanguageModel, Prompt},
};
use rtfm_testkit::gemini::{FakeGemini, Method};
use std::sync::Arc;

/// Put together here, so that nothing in the sources looks like a key. `ghp_` and the mask are what may be sent of it.
fn key() -> String {
    format!("ghp_{}", "a1B2".repeat(9))
}

/// Texts with the key: within a line, with something invisible in it, and over the place where the embedder cuts.
fn texts() -> Vec<String> {
    let long = "crane ".repeat(8_000 / 6 - 2);
    vec![format!("the key is {}, keep it", key()), format!("gh\u{200b}p_{}", &key()[4..]), format!("{long}{}", key())]
}

fn sent(gemini: &FakeGemini, method: Method) -> String {
    let requests = gemini.requests().into_iter().filter(|request| request.method == method);
    let bodies: Vec<String> = requests.map(|request| request.body.to_string()).collect();
    assert!(!bodies.is_empty() && gemini.refused().is_empty());
    bodies.join("\n")
}

#[track_caller]
fn assert_masked(sent: &str) {
    assert!(sent.contains("ghp_…(masked)") && !sent.contains("a1B2"), "{sent}");
}

#[tokio::test]
async fn an_embedder_gets_no_secret() {
    for query in [false, true] {
        let gemini = FakeGemini::start().await;
        let client = client(&gemini);
        let opened = EmbedderChoice::Gemini.open(Some(&client)).await.unwrap().unwrap();
        for embedder in [Arc::new(GeminiEmbedder::new(client)), opened] {
            for text in texts() {
                if query {
                    embedder.query(&text).await.unwrap();
                } else {
                    embedder.documents(&[text]).await.unwrap();
                }
            }
        }
        assert_masked(&sent(&gemini, Method::BatchEmbed));
    }
}

#[tokio::test]
async fn a_language_model_gets_no_secret() {
    for text in texts() {
        let prompts = [
            Prompt { system: text.clone(), user: "Hi".to_owned(), ..Prompt::default() },
            Prompt { user: text.clone(), ..Prompt::default() },
        ];
        for prompt in prompts.map(|prompt| Prompt { max_output_tokens: 100, ..prompt }) {
            let gemini = FakeGemini::start().await;
            for model in [answers(&gemini), GeminiModel::cheap(client(&gemini))] {
                model.generate(&prompt, &|_| {}).await.unwrap();
            }
            assert_masked(&sent(&gemini, Method::Stream));
        }
    }
}

/// A message that opens a private key, and a later one that closes it, must not hide what others wrote in between.
#[tokio::test]
async fn no_mask_reaches_over_a_line_of_evidence() {
    let gemini = FakeGemini::start().await;
    let evidence =
        "[1] eve: -----BEGIN PRIVATE KEY-----\n[2] ana: The crane is red.\n[3] eve: -----END PRIVATE KEY-----";
    let prompt = Prompt { user: evidence.to_owned(), max_output_tokens: 100, ..Prompt::default() };
    answers(&gemini).generate(&prompt, &|_| {}).await.unwrap();
    assert_eq!(gemini.requests()[0].user_text(), evidence);
}
