//! Which embedder to use.

use super::{Embedder, GeminiEmbedder, metered::Metered};
use crate::gemini::GeminiClient;
use rtfm_shared::config::{ConfigError, Env};
use std::sync::Arc;

/// Who makes vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedderChoice {
    /// Gemini.
    Gemini,
    /// Nobody: messages are found by their words alone.
    None,
}

impl EmbedderChoice {
    /// What `EMBEDDER` names: `gemini`, `none`, or `auto` (the default), which is Gemini where there is a
    /// key for it and none elsewhere.
    pub fn from_env(env: &Env, has_gemini: bool) -> Result<Self, ConfigError> {
        let auto = if has_gemini { Self::Gemini } else { Self::None };
        let choices = [("auto", auto), ("gemini", Self::Gemini), ("none", Self::None)];
        match env.choice("EMBEDDER", auto, &choices)? {
            Self::Gemini if !has_gemini => Err(ConfigError {
                variable: "GEMINI_API_KEY".to_owned(),
                fault: "is not set, but EMBEDDER=gemini needs it".to_owned(),
                example: "the key from https://aistudio.google.com/apikey".to_owned(),
            }),
            choice => Ok(choice),
        }
    }

    /// The embedder, when there is to be one. Its calls are measured.
    pub fn open(self, gemini: Option<&GeminiClient>) -> Option<Arc<dyn Embedder>> {
        match (self, gemini) {
            (Self::Gemini, Some(client)) => Some(Arc::new(Metered(Arc::new(GeminiEmbedder::new(client.clone()))))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemini::GeminiConfig;

    fn chosen(embedder: Option<&str>, key: bool) -> Result<Option<String>, String> {
        let env = embedder.map_or_else(Env::default, |name| Env::of([("EMBEDDER", name)]));
        let keyed = Env::of([("GEMINI_API_KEY", "sesame")]);
        let client = key.then(|| GeminiClient::new(GeminiConfig::from_env(&keyed).unwrap().unwrap()).unwrap());
        let choice = EmbedderChoice::from_env(&env, key).map_err(|error| error.to_string())?;
        let embedder = choice.open(client.as_ref());
        Ok(embedder.map(|embedder| format!("{}/{}", embedder.name(), embedder.dimension())))
    }

    #[test]
    fn the_embedder_is_chosen_by_name_and_key() {
        let gemini = Ok(Some("gemini-embedding-2/768".to_owned()));
        assert_eq!(chosen(None, false), Ok(None));
        assert_eq!(chosen(None, true), gemini);
        assert_eq!(chosen(Some("auto"), true), gemini);
        assert_eq!(chosen(Some("Gemini"), true), gemini);
        assert_eq!(chosen(Some("none"), true), Ok(None));
        assert!(chosen(Some("gemini"), false).unwrap_err().starts_with("GEMINI_API_KEY is not set"));
        let local = chosen(Some("local"), true).unwrap_err();
        assert!(local.starts_with("EMBEDDER must be one of auto, gemini, none"), "{local}");
    }
}
