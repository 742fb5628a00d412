//! The fake server itself: tests against it mean something only when it rejects what the real one rejects.

use reqwest::Client;
use rtfm_testkit::gemini::{FakeGemini, Fault, KEY, Method, Reply, Rule};
use serde_json::{Value, json};

async fn post(gemini: &FakeGemini, call: &str, body: &Value) -> (u16, Value) {
    let request = Client::builder().no_proxy().build().unwrap().post(format!("{}/models/{call}", gemini.url()));
    let response = request.header("x-goog-api-key", KEY).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn generation() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "[3] The sky is blue.\nWhat is it?"}]}], "store": false})
}

fn embedding(text: &str) -> Value {
    json!({"model": "models/gemini-embedding-2", "content": {"parts": [{"text": text}]}, "outputDimensionality": 256})
}

#[tokio::test]
async fn wrong_generations_are_refused() {
    let gemini = FakeGemini::start().await;
    let wrong: Vec<(&str, Value)> = vec![
        ("/generationConfig", json!({"temperature": 0.5})),
        ("/generationConfig", json!({"topP": 0.5})),
        ("/generationConfig", json!({"maxOutputTokens": 0})),
        ("/generationConfig", json!({"max_output_tokens": 5})),
        ("/generationConfig", json!({"thinkingConfig": {"thinkingLevel": "minimal"}})),
        ("/generationConfig", json!({"thinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 5}})),
        ("/safetySettings", json!([{"category": "HARM_CATEGORY_RUDENESS", "threshold": "BLOCK_ONLY_HIGH"}])),
        ("/contents", json!([])),
        ("/contents", json!([{"role": "assistant", "parts": [{"text": "x"}]}])),
        ("/contents", json!([{"role": "model", "parts": [{"text": "x"}]}])),
        ("/contents", json!([{"role": "user", "parts": [{"text": ""}]}])),
        ("/contents", json!([{"role": "user", "parts": []}])),
        ("/contents", json!([{"role": "user", "parts": [{"text": "x"}]}, {"role": "model", "parts": [{"text": "y"}]}])),
        ("/store", json!(true)),
        ("/model", json!("gemini-3.8-flash")),
    ];
    for (n, (field, value)) in wrong.into_iter().enumerate() {
        let mut body = generation();
        body[&field[1..]] = value;
        let (status, answer) = post(&gemini, "gemini-3.8-flash:generateContent", &body).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(answer["error"]["status"], "INVALID_ARGUMENT", "{body}");
        assert_eq!(gemini.refused().len(), n + 1);
    }
    let (status, _) = post(&gemini, "gemini-3.8-flash:streamGenerateContent", &generation()).await;
    assert_eq!(status, 400, "without alt=sse");
    for model in ["gemini-2.0-flash", "gemini-embedding-2"] {
        let (status, answer) = post(&gemini, &format!("{model}:generateContent"), &generation()).await;
        assert_eq!((status, &answer["error"]["status"]), (404, &json!("NOT_FOUND")));
    }
}

#[tokio::test]
async fn wrong_embeddings_are_refused() {
    let gemini = FakeGemini::start().await;
    let with = |field: &str, value: Value| {
        let mut request = embedding("x");
        request[field] = value;
        json!({"requests": [request]})
    };
    for body in [
        json!({"requests": []}),
        json!({"requests": vec![embedding("x"); 101]}),
        json!({"requests": [embedding("")]}),
        json!({"requests": [embedding(&"long ".repeat(10_000))]}),
        with("model", json!("models/gemini-embedding-001")),
        with("model", json!("gemini-embedding-2")),
        with("taskType", json!("RETRIEVAL_DOCUMENT")),
        with("outputDimensionality", json!(64)),
        with("content", json!({"parts": [{"text": "a"}, {"text": "b"}]})),
        with("dimension", json!(768)),
    ] {
        let (status, _) = post(&gemini, "gemini-embedding-2:batchEmbedContents", &body).await;
        assert_eq!(status, 400, "{body}");
    }
    let (status, _) =
        post(&gemini, "text-embedding-004:batchEmbedContents", &json!({"requests": [embedding("x")]})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn every_method_answers() {
    let gemini = FakeGemini::start().await;
    let (status, answer) = post(&gemini, "gemini-3.8-flash:generateContent", &generation()).await;
    assert_eq!(status, 200);
    let text = &answer["candidates"][0]["content"]["parts"][0]["text"];
    assert_eq!(text, "According to the messages: The sky is blue. [3]");
    gemini.script([Reply::text("Scripted.")]);
    let (_, answer) = post(&gemini, "gemini-3.8-flash:generateContent", &generation()).await;
    assert_eq!(answer["candidates"][0]["content"]["parts"][0]["text"], "Scripted.");
    let (_, one) = post(&gemini, "gemini-embedding-2:embedContent", &embedding("x")).await;
    let many = json!({"requests": [embedding("x"), embedding("y")]});
    let (_, many) = post(&gemini, "gemini-embedding-2:batchEmbedContents", &many).await;
    assert_eq!(one["embedding"]["values"].as_array().unwrap().len(), 256);
    assert_eq!(one["embedding"], many["embeddings"][0]);
    assert_ne!(many["embeddings"][0], many["embeddings"][1]);
    assert_eq!(gemini.refused(), []);
}

#[tokio::test]
async fn requests_without_a_valid_key_are_rejected() {
    let gemini = FakeGemini::start().await;
    let client = Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/models", gemini.url());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 403);
    let wrong: Value = client.get(&url).header("x-goog-api-key", "x").send().await.unwrap().json().await.unwrap();
    assert_eq!(wrong["error"]["details"][0]["reason"], "API_KEY_INVALID");
    assert_eq!(client.get(&url).header("x-goog-api-key", KEY).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn rules_match_by_method_model_and_count_and_hanging_requests_can_be_released() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Status(500)).method(Method::Generate).model("*-lite").times(1));
    let ask = async |model: &str| post(&gemini, &format!("{model}:generateContent"), &generation()).await.0;
    assert_eq!(ask("gemini-3.8-flash").await, 200);
    assert_eq!(ask("gemini-3.5-flash-lite").await, 500);
    assert_eq!(ask("gemini-3.5-flash-lite").await, 200);
    gemini.inject(Rule::of(Fault::Status(500)).always());
    gemini.heal();
    gemini.inject(Rule::of(Fault::Hang));
    let release = async {
        gemini.wait_for(|request| request.model == "gemini-3.1-flash-lite").await;
        gemini.release();
    };
    assert_eq!(tokio::join!(ask("gemini-3.1-flash-lite"), release).0, 503);
    assert_eq!(ask("gemini-3.8-flash").await, 200);
}
