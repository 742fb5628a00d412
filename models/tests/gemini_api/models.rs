//! The list of models and the check of the configured ones.

use super::{client, config};
use rtfm_models::{
    gemini::{GeminiClient, GeminiConfig, GeminiError, MissingModel},
    llm::{GeminiModel, LanguageModel},
};
use rtfm_testkit::gemini::FakeGemini;

#[tokio::test]
async fn all_pages_of_models_are_read() {
    let gemini = FakeGemini::start().await;
    gemini.set_page_size(2);
    let models = client(&gemini).list_models().await.unwrap();
    assert_eq!(models.len(), 6);
    let last = models.last().unwrap();
    assert_eq!(last.name, "gemini-embedding-001");
    assert!(last.methods.contains(&"embedContent".to_owned()));
}

#[tokio::test]
async fn the_token_budget_follows_the_list_of_models() {
    let gemini = FakeGemini::start().await;
    gemini.set_input_limit(8_192);
    let config = GeminiConfig { server_models: vec!["custom-model".to_owned()], ..config(&gemini) };
    let client = GeminiClient::new(config).unwrap();
    let model = GeminiModel::answers(client.clone());
    assert_eq!(
        (model.token_budget(None), model.token_budget(Some("custom-model"))),
        (1_048_576, 32_768),
        "as their family"
    );
    assert_eq!(model.token_budget(Some("unknown-model")), 1_048_576, "it is not used");
    client.list_models().await.unwrap();
    assert_eq!(model.token_budget(None), 8_192);
}

#[tokio::test]
async fn missing_and_unfit_models_are_reported_with_their_variable() {
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
async fn the_check_reports_a_wrong_key() {
    let gemini = FakeGemini::start().await;
    let mut config = config(&gemini);
    config.api_key = "wrong-and-secret".into();
    let error = GeminiClient::new(config).unwrap().list_models().await.unwrap_err();
    assert!(matches!(error, GeminiError::Configuration { status: Some(400), .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("wrong-and-secret"));
}
