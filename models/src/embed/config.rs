//! The choice of an embedder.

use super::{EmbedError, Embedder, GeminiEmbedder, LocalConfig, instrumented::InstrumentedEmbedder};
use crate::gemini::GeminiClient;
use rtfm_shared::config::{ConfigError, Env};
use std::{path::Path, sync::Arc};

/// The embedder that `EMBEDDER` selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbedderChoice {
    /// Gemini's embedding API with `GEMINI_EMBEDDING_MODEL`.
    Gemini,
    /// A model in this process.
    Local(LocalConfig),
    /// No embedder: only their words find messages.
    None,
}

/// The values of `EMBEDDER`.
#[derive(Clone, Copy)]
enum Name {
    Auto,
    Gemini,
    Local,
    None,
}

impl EmbedderChoice {
    /// Reads `EMBEDDER`: `gemini`, `local`, `none` or `auto` (the default), which selects Gemini when it has a key
    /// and no embedder otherwise. A local model keeps its files in `data_directory`.
    pub fn from_env(env: &Env, data_directory: &Path, has_gemini: bool) -> Result<Self, ConfigError> {
        let choices = [("auto", Name::Auto), ("gemini", Name::Gemini), ("local", Name::Local), ("none", Name::None)];
        match env.choice("EMBEDDER", Name::Auto, &choices)? {
            Name::Gemini if !has_gemini => Err(ConfigError::new(
                "GEMINI_API_KEY",
                "is not set, but EMBEDDER=gemini needs it",
                "the key from https://aistudio.google.com/apikey",
            )),
            Name::Gemini => Ok(Self::Gemini),
            Name::Auto if has_gemini => Ok(Self::Gemini),
            Name::Auto | Name::None => Ok(Self::None),
            Name::Local => Ok(Self::Local(LocalConfig::from_env(env, data_directory)?)),
        }
    }

    /// Opens the selected embedder with metrics around it; `None` when `EMBEDDER` selects none.
    pub async fn open(&self, gemini: Option<&GeminiClient>) -> Result<Option<Arc<dyn Embedder>>, EmbedError> {
        let embedder: Option<Arc<dyn Embedder>> = match self {
            Self::Gemini => gemini.map(|client| Arc::new(GeminiEmbedder::new(client.clone())) as Arc<dyn Embedder>),
            Self::Local(config) => Some(local(config).await?),
            Self::None => None,
        };
        Ok(embedder.map(|embedder| Arc::new(InstrumentedEmbedder(embedder)) as Arc<dyn Embedder>))
    }
}

#[cfg(feature = "local-embeddings")]
async fn local(config: &LocalConfig) -> Result<Arc<dyn Embedder>, EmbedError> {
    Ok(Arc::new(super::LocalEmbedder::open(config).await?))
}

#[cfg(not(feature = "local-embeddings"))]
async fn local(_: &LocalConfig) -> Result<Arc<dyn Embedder>, EmbedError> {
    Err(EmbedError::Unavailable("this build has no model's runtime".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemini::GeminiConfig;

    async fn chosen(embedder: Option<&str>, key: bool) -> Result<Option<String>, String> {
        let env = embedder.map_or_else(Env::default, |name| Env::of([("EMBEDDER", name)]));
        let keyed = Env::of([("GEMINI_API_KEY", "sesame")]);
        let client = key.then(|| GeminiClient::new(GeminiConfig::from_env(&keyed).unwrap().unwrap()).unwrap());
        let choice = EmbedderChoice::from_env(&env, Path::new("data"), key).map_err(|error| error.to_string())?;
        let embedder = choice.open(client.as_ref()).await.map_err(|error| error.to_string())?;
        Ok(embedder.map(|embedder| format!("{}/{}", embedder.name(), embedder.dimension())))
    }

    #[tokio::test]
    async fn the_embedder_is_chosen_by_name_and_key() {
        let gemini = Ok(Some("gemini-embedding-2/768".to_owned()));
        assert_eq!(chosen(None, false).await, Ok(None));
        assert_eq!(chosen(None, true).await, gemini);
        assert_eq!(chosen(Some("auto"), true).await, gemini);
        assert_eq!(chosen(Some("Gemini"), true).await, gemini);
        assert_eq!(chosen(Some("none"), true).await, Ok(None));
        assert!(chosen(Some("gemini"), false).await.unwrap_err().starts_with("GEMINI_API_KEY is not set"));
        let other = chosen(Some("openai"), true).await.unwrap_err();
        assert!(other.starts_with("EMBEDDER must be one of auto, gemini, local, none"), "{other}");
    }
}
