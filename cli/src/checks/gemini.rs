//! Check of Gemini: the key, and the configured models.

use super::Check;
use rtfm_models::gemini::{GeminiClient, GeminiConfig, GeminiError};

/// Checks that Gemini accepts the key and has the models; skipped without a key.
pub(crate) async fn gemini(config: Option<GeminiConfig>) -> Check {
    let name = "gemini";
    let Some(config) = config else {
        return Check::skipped(name, "GEMINI_API_KEY is not set, so answers quote the most relevant messages");
    };
    let models = config.answer_models.join(", ");
    let missing = match GeminiClient::new(config) {
        Ok(client) => client.missing_models().await,
        Err(error) => Err(error),
    };
    match missing {
        Ok(missing) if missing.is_empty() => Check::passed(name, format!("the key is valid; answers by {models}")),
        Ok(missing) => {
            let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
            Check::failed(
                name,
                missing.join("; "),
                "choose from the models that Gemini has: https://ai.google.dev/gemini-api/docs/models",
            )
        }
        Err(error @ GeminiError::Configuration { .. }) => Check::failed(
            name,
            error.to_string(),
            "create a key at https://aistudio.google.com/apikey and set GEMINI_API_KEY to it",
        ),
        Err(error) => Check::failed(
            name,
            error.to_string(),
            "answers quote messages meanwhile; check the network, HTTPS_PROXY and GEMINI_BASE_URL",
        ),
    }
}
