//! Embedding requests and the vectors made from their responses.

use super::{client, config};
use rtfm_models::{
    embed::{EmbedError, Embedder, EmbedderChoice, GeminiEmbedder},
    gemini::GeminiClient,
};
use rtfm_shared::config::Env;
use rtfm_testkit::gemini::{FakeGemini, Fault, Method, Rule};
use std::time::Duration;

fn embedder(gemini: &FakeGemini) -> GeminiEmbedder {
    GeminiEmbedder::new(client(gemini))
}

fn older(gemini: &FakeGemini, dimension: usize) -> GeminiEmbedder {
    let mut config = config(gemini);
    config.embedding_model = "gemini-embedding-001".to_owned();
    config.embedding_dimension = dimension;
    GeminiEmbedder::new(GeminiClient::new(config).unwrap())
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum::<f32>().sqrt()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn many_texts_are_sent_in_batches_and_return_in_order() {
    let gemini = FakeGemini::start().await;
    let texts: Vec<String> = (0..250).map(|n| format!("message number {n}")).collect();
    let embedder = embedder(&gemini);
    let vectors = embedder.documents(&texts).await.unwrap();
    let sizes: Vec<usize> = gemini.requests().iter().map(|request| request.embedded_texts().len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(gemini.refused(), []);
    assert_eq!(gemini.requests()[0].embedded_texts()[7], "title: none | text: message number 7");
    assert_eq!((vectors.len(), vectors[0].len()), (250, embedder.dimension()));
    for n in [0, 99, 100, 249] {
        let alone = embedder.documents(&texts[n..=n]).await.unwrap();
        assert_eq!(alone[0], vectors[n], "{n}");
    }
    assert!(embedder.documents(&[]).await.unwrap().is_empty());
    assert_eq!(gemini.requests().len(), 7, "no texts, no request");
}

#[tokio::test]
async fn a_question_is_near_its_answer() {
    let gemini = FakeGemini::start().await;
    let embedder = embedder(&gemini);
    let texts = ["Backups are stored in the blue bucket", "We had soup today"].map(str::to_owned);
    let documents = embedder.documents(&texts).await.unwrap();
    let query = embedder.query("Where are backups stored?").await.unwrap();
    assert!(cosine(&query, &documents[0]) > cosine(&query, &documents[1]));
    let request = gemini.requests().remove(1);
    assert_eq!(request.method, Method::BatchEmbed);
    assert_eq!(request.embedded_texts(), ["task: question answering | query: Where are backups stored?"]);
    assert_eq!(request.body["requests"][0]["outputDimensionality"], 768);
    assert_eq!(request.body["requests"][0].get("taskType"), None);
}

#[tokio::test]
async fn the_older_model_gets_the_purpose_and_its_vectors_are_normalised() {
    let gemini = FakeGemini::start().await;
    for dimension in [256, 3072] {
        let embedder = older(&gemini, dimension);
        let vectors = embedder.documents(&["a text".to_owned()]).await.unwrap();
        assert_eq!(vectors[0].len(), dimension);
        assert!((length(&vectors[0]) - 1.0).abs() < 1e-5, "{}", length(&vectors[0]));
        assert!((length(&embedder.query("a text").await.unwrap()) - 1.0).abs() < 1e-5);
    }
    assert_eq!(gemini.refused(), []);
    let requests = gemini.requests();
    assert_eq!(requests[0].body["requests"][0]["taskType"], "RETRIEVAL_DOCUMENT");
    assert_eq!(requests[0].embedded_texts(), ["a text"]);
    assert_eq!(requests[1].body["requests"][0]["taskType"], "QUESTION_ANSWERING");
}

#[tokio::test]
async fn empty_texts_get_a_vector_and_long_ones_are_cut() {
    let gemini = FakeGemini::start().await;
    let texts = [String::new(), " \n".to_owned(), "🦀".repeat(20_000), "a".repeat(100_000)];
    for embedder in [embedder(&gemini), older(&gemini, 768)] {
        let vectors = embedder.documents(&texts).await.unwrap();
        assert!(vectors.iter().all(|vector| (length(vector) - 1.0).abs() < 1e-5));
        embedder.query("").await.unwrap();
        embedder.query(&texts[2]).await.unwrap();
    }
    assert_eq!(gemini.refused(), []);
    for request in gemini.requests() {
        let limit = if request.model == "gemini-embedding-001" { 2_048 } else { 8_192 };
        for text in request.embedded_texts() {
            assert!(text.len() < limit, "{} bytes may be as many tokens", text.len());
            assert!(!text.ends_with(": "), "{text:?} is only a prefix");
        }
    }
}

#[tokio::test]
async fn transient_failures_are_retried() {
    for (fault, may_be_the_text) in [
        (Fault::Status(503), true),
        (Fault::Page(502), true),
        (Fault::PerMinute(Duration::from_millis(5)), false),
        (Fault::InvalidJson, true),
        (Fault::WrongCount, true),
        (Fault::WrongDimension, true),
        (Fault::ZeroVectors, true),
    ] {
        let gemini = FakeGemini::start().await;
        let embedder = embedder(&gemini);
        gemini.inject(Rule::of(fault.clone()).times(2));
        assert!(embedder.query("Where?").await.is_ok(), "{fault:?}");
        assert_eq!(gemini.requests().len(), 3, "{fault:?}");
        gemini.inject(Rule::of(fault.clone()).always());
        let error = embedder.documents(&["Here.".to_owned()]).await.unwrap_err();
        assert_eq!(matches!(error, EmbedError::Failed(_)), may_be_the_text, "{fault:?}: {error:?}");
        assert!(!matches!(error, EmbedError::Refused(_)), "{fault:?}: {error:?}");
        assert_eq!(gemini.requests().len(), 6, "{fault:?}");
    }
}

#[tokio::test]
async fn a_silent_server_is_a_failure() {
    let gemini = FakeGemini::start().await;
    gemini.inject(Rule::of(Fault::Hang).always());
    let mut config = config(&gemini);
    config.request_timeout = Duration::from_millis(50);
    let embedder = GeminiEmbedder::new(GeminiClient::new(config).unwrap());
    let error = embedder.query("Where?").await.unwrap_err();
    assert!(matches!(error, EmbedError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn only_texts_that_the_api_rejects_are_refused() {
    let gemini = FakeGemini::start().await;
    let embedder = embedder(&gemini);
    gemini.inject(Rule::of(Fault::Status(400)));
    let error = embedder.query("Where?").await.unwrap_err();
    assert!(matches!(error, EmbedError::Refused(_)), "{error:?}");
    for (fault, named) in [
        (Fault::Status(401), "GEMINI_API_KEY"),
        (Fault::Status(403), "GEMINI_API_KEY"),
        (Fault::FailedPrecondition, "GEMINI_API_KEY"),
        (Fault::Status(404), "GEMINI_EMBEDDING_MODEL=gemini-embedding-2"),
        (Fault::Page(301), "GEMINI_BASE_URL"),
    ] {
        let before = gemini.requests().len();
        gemini.inject(Rule::of(fault.clone()));
        let error = embedder.query("Where?").await.unwrap_err();
        assert!(matches!(&error, EmbedError::Unavailable(text) if text.contains(named)), "{fault:?}: {error:?}");
        assert_eq!(gemini.requests().len(), before + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_makes_the_embedder_unavailable_and_stays_secret() {
    let gemini = FakeGemini::start().await;
    let env = Env::of([("GEMINI_API_KEY", "wrong-and-secret"), ("GEMINI_BASE_URL", &gemini.url())]);
    let config = rtfm_models::gemini::GeminiConfig::from_env(&env).unwrap().unwrap();
    let client = GeminiClient::new(config).unwrap();
    let embedder =
        EmbedderChoice::from_env(&env, "data".as_ref(), true).unwrap().open(Some(&client)).await.unwrap().unwrap();
    let error = embedder.query("Where?").await.unwrap_err();
    assert!(matches!(&error, EmbedError::Unavailable(text) if text.contains("GEMINI_API_KEY")), "{error:?}");
    assert!(!format!("{error} {error:?} {embedder:?} {client:?}").contains("wrong-and-secret"));
}

#[tokio::test]
async fn the_name_is_valid_for_a_collection() {
    let gemini = FakeGemini::start().await;
    let mut config = config(&gemini);
    config.embedding_model = "Gemini-Embedding_2.5".to_owned();
    let embedder = GeminiEmbedder::new(GeminiClient::new(config).unwrap());
    assert_eq!(embedder.name(), "gemini-embedding-2-5");
}
