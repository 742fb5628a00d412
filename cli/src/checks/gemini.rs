//! Gemini: the key, and the models that are configured.

use super::Check;
use rtfm_models::gemini::{GeminiClient, GeminiConfig, GeminiError};

/// Whether Gemini takes the key and has the models; skipped without a key.
pub(crate) async fn gemini(config: Option<GeminiConfig>) -> Check {
    let name = "gemini";
    let Some(config) = config else {
        return Check::skipped(name, "GEMINI_API_KEY is not set: answers quote the most relevant messages");
    };
    let models = config.answer_models.join(", ");
    let missing = match GeminiClient::new(config) {
        Ok(client) => client.missing_models().await,
        Err(error) => Err(error),
    };
    match missing {
        Ok(missing) if missing.is_empty() => Check::well(name, format!("the key is good; answers by {models}")),
        Ok(missing) => {
            let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
            Check::failed(
                name,
                missing.join("; "),
                "name models that Gemini has: https://ai.google.dev/gemini-api/docs/models",
            )
        }
        Err(error @ GeminiError::Configuration { .. }) => Check::failed(
            name,
            error.to_string(),
            "make a key at https://aistudio.google.com/apikey and put it into GEMINI_API_KEY",
        ),
        Err(error) => Check::failed(
            name,
            error.to_string(),
            "answers quote messages meanwhile; check the network, HTTPS_PROXY and GEMINI_BASE_URL",
        ),
    }
}
