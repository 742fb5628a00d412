//! Whether the configured models exist.

use super::{client, config};
use rtfm_models::{
    gemini::{GeminiClient, GeminiError, MissingModel},
    llm::{GeminiModel, LanguageModel},
};
use rtfm_testkit::gemini::FakeGemini;

#[tokio::test]
async fn every_page_of_models_is_read() {
    let gemini = FakeGemini::start().await;
    gemini.set_page_size(2);
    let models = client(&gemini).list_models().await.unwrap();
    assert_eq!(models.len(), 6);
    let last = models.last().unwrap();
    assert_eq!(last.name, "gemini-embedding-001");
    assert!(last.methods.contains(&"embedContent".to_owned()));
}

#[tokio::test]
async fn a_prompt_is_fitted_to_what_the_list_says_that_models_read() {
    let gemini = FakeGemini::start().await;
    gemini.set_input_limit(8_192);
    let client = client(&gemini);
    let model = GeminiModel::answers(client.clone());
    assert_eq!(
        (model.token_budget(None), model.token_budget(Some("somebodys-own"))),
        (1_048_576, 32_768),
        "as their family"
    );
    client.list_models().await.unwrap();
    assert_eq!(model.token_budget(None), 8_192);
}

#[tokio::test]
async fn models_that_are_missing_or_unfit_are_named_with_their_variable() {
    let gemini = FakeGemini::start().await;
    assert_eq!(client(&gemini).missing_models().await.unwrap(), []);
    gemini.remove_model("gemini-3.6-flash");
    let mut config = config(&gemini);
    config.embedding_model = "gemini-3.8-flash".to_owned();
    let missing = GeminiClient::new(config).unwrap().missing_models().await.unwrap();
    let texts: Vec<String> = missing.iter().map(MissingModel::to_string).collect();
    assert_eq!(
        texts,
        [
            "GEMINI_FALLBACK_MODELS: Gemini has no model gemini-3.6-flash that can write",
            "GEMINI_EMBEDDING_MODEL: Gemini has no model gemini-3.8-flash that can embed",
        ]
    );
}

#[tokio::test]
async fn a_wrong_key_is_found_by_the_check() {
    let gemini = FakeGemini::start().await;
    let mut config = config(&gemini);
    config.api_key = "wrong-and-secret".into();
    let error = GeminiClient::new(config).unwrap().list_models().await.unwrap_err();
    assert!(matches!(error, GeminiError::Configuration { status: Some(400), .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("wrong-and-secret"));
}
