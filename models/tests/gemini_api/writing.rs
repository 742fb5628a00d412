//! Generation requests and the texts made from their responses.

use super::{answers, ask, client, config, listen, prompt};
use rtfm_models::{
    gemini::{GeminiClient, GeminiConfig, ThinkingLevel},
    llm::{GeminiModel, Generated, Prompt},
};
use rtfm_testkit::gemini::{FakeGemini, Method, Reply};

#[tokio::test]
async fn text_is_reported_while_it_grows_without_thoughts() {
    let gemini = FakeGemini::start().await;
    gemini.script([Reply::pieces(["Grüße ", "vom 🦀", "."]).thought("They are greeting me.")]);
    let (result, heard) = listen(&answers(&gemini), &prompt("Hi")).await;
    let expected =
        Generated { text: "Grüße vom 🦀.".to_owned(), model: "gemini-3.8-flash".to_owned(), truncated: false };
    assert_eq!(result.unwrap(), expected);
    assert_eq!(heard, ["Grüße ", "Grüße vom 🦀", "Grüße vom 🦀."]);
}

#[tokio::test]
async fn the_request_follows_the_schema_of_the_api() {
    let gemini = FakeGemini::start().await;
    let question = prompt("[1] ana: The endpoint is /v2.\nWhere is it?");
    let mut config = config(&gemini);
    config.thinking_level = ThinkingLevel::High;
    let model = GeminiModel::answers(GeminiClient::new(config).unwrap());
    let text = listen(&model, &question).await.0.unwrap().text;
    assert_eq!(text, "According to the messages: ana: The endpoint is /v2. [1]");
    let request = gemini.wait_for(|request| request.method == Method::Stream).await;
    assert_eq!(request.refusal, None);
    assert_eq!(request.model, "gemini-3.8-flash");
    assert_eq!(request.system_text(), "Be brief.");
    let roles: Vec<_> = request.turns().into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["user"]);
    assert_eq!(request.user_text(), question.user);
    assert_eq!(request.body["generationConfig"]["maxOutputTokens"], 1024);
    assert_eq!(request.body["generationConfig"]["thinkingConfig"]["thinkingLevel"], "high");
    assert_eq!(request.body["store"], false);
}

#[tokio::test]
async fn the_cheap_model_has_no_fallback_and_its_default_thinking() {
    let gemini = FakeGemini::start().await;
    let model = GeminiModel::cheap(client(&gemini));
    assert_eq!(ask(&model, "Where is it?").await.unwrap().model, "gemini-3.5-flash-lite");
    let request = gemini.requests().remove(0);
    assert_eq!(request.refusal, None);
    assert_eq!(request.body["generationConfig"].get("thinkingConfig"), None);
    assert_eq!(request.body["store"], false);
}

#[tokio::test]
async fn concurrent_requests_do_not_mix() {
    let gemini = FakeGemini::start().await;
    gemini.on_generate(|request| Reply::text(&format!("You asked: {}", request.user_text())));
    let model = answers(&gemini);
    let questions: Vec<String> = (0..20).map(|n| format!("question number {n}")).collect();
    let all = questions.iter().map(|question| ask(&model, question));
    for (question, answer) in questions.iter().zip(futures::future::join_all(all).await) {
        assert_eq!(answer.unwrap().text, format!("You asked: {question}"));
    }
}

#[tokio::test]
async fn a_server_chooses_only_among_the_models_that_the_operator_allows() {
    let gemini = FakeGemini::start().await;
    let chosen = async |server_models: &[&str], preferred: &str| {
        let server_models = server_models.iter().map(|model| (*model).to_owned()).collect();
        let client = GeminiClient::new(GeminiConfig { server_models, ..config(&gemini) }).unwrap();
        let prompt = Prompt { model: Some(preferred.to_owned()), ..prompt("?") };
        listen(&GeminiModel::answers(client), &prompt).await.0.unwrap().model
    };
    assert_eq!(chosen(&[], "gemini-3.6-flash").await, "gemini-3.6-flash", "those that write answers anyway");
    assert_eq!(chosen(&[], "gemini-3.5-flash-lite").await, "gemini-3.8-flash");
    assert_eq!(chosen(&["gemini-3.5-flash-lite"], "gemini-3.5-flash-lite").await, "gemini-3.5-flash-lite");
    let asked = gemini.requests().iter().filter(|request| request.model == "gemini-3.5-flash-lite").count();
    assert_eq!(asked, 1, "only where it is allowed");
}
