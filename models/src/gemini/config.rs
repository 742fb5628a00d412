//! Settings for the Gemini API.

use super::RetryPolicy;
use rtfm_shared::config::{ConfigError, Env};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::Url;

/// How much the answering models think before they write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinkingLevel {
    /// The least thinking and the shortest wait (default).
    Low,
    /// A balance of depth and speed.
    Medium,
    /// The most thinking and the longest wait.
    High,
}

/// Endpoint, key, models, limits and retry policies. `Debug` never prints the key.
#[derive(Clone, Debug)]
pub struct GeminiConfig {
    /// `GEMINI_API_KEY`, sent in the `x-goog-api-key` header.
    pub api_key: SecretString,
    /// `GEMINI_BASE_URL`: includes the API version.
    pub base_url: Url,
    /// `GEMINI_MODEL`, then `GEMINI_FALLBACK_MODELS`: the models that write answers, in fallback order.
    pub answer_models: Vec<String>,
    /// `GEMINI_SERVER_MODELS`: the models that a Discord server may choose besides those.
    pub server_models: Vec<String>,
    /// `GEMINI_CHEAP_MODEL`: for small tasks such as rewriting a question.
    pub cheap_model: String,
    /// `GEMINI_EMBEDDING_MODEL`: for messages and questions alike.
    pub embedding_model: String,
    /// `GEMINI_EMBEDDING_DIMENSION`: numbers per vector, 128 to 3072.
    pub embedding_dimension: usize,
    /// `GEMINI_THINKING_LEVEL`, for the models that answer.
    pub thinking_level: ThinkingLevel,
    /// `GEMINI_CONNECT_TIMEOUT_SECS`: limit for opening a connection.
    pub connect_timeout: Duration,
    /// `GEMINI_REQUEST_TIMEOUT_SECS`: limit for a whole response, or for the start of a streamed one.
    pub request_timeout: Duration,
    /// `GEMINI_IDLE_TIMEOUT_SECS`: limit for the silence between two chunks of a stream.
    pub idle_timeout: Duration,
    /// Retries while a person waits.
    pub interactive: RetryPolicy,
    /// Retries of background work.
    pub background: RetryPolicy,
}

impl GeminiConfig {
    /// Reads the environment; `None` without `GEMINI_API_KEY`.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(api_key) = env.secret("GEMINI_API_KEY") else { return Ok(None) };
        check_key(&api_key)?;
        Ok(Some(Self {
            api_key,
            base_url: base_url(env)?,
            answer_models: answer_models(env)?,
            server_models: models(env, "GEMINI_SERVER_MODELS", "none", "gemini-3.8-pro")?,
            cheap_model: model(env, "GEMINI_CHEAP_MODEL", "gemini-3.5-flash-lite")?,
            embedding_model: model(env, "GEMINI_EMBEDDING_MODEL", "gemini-embedding-2")?,
            embedding_dimension: env.number("GEMINI_EMBEDDING_DIMENSION", 768, 128..=3072)?,
            thinking_level: env.choice(
                "GEMINI_THINKING_LEVEL",
                ThinkingLevel::Low,
                &[("low", ThinkingLevel::Low), ("medium", ThinkingLevel::Medium), ("high", ThinkingLevel::High)],
            )?,
            connect_timeout: env.seconds("GEMINI_CONNECT_TIMEOUT_SECS", 5, 1..=300)?,
            request_timeout: env.seconds("GEMINI_REQUEST_TIMEOUT_SECS", 30, 1..=600)?,
            idle_timeout: env.seconds("GEMINI_IDLE_TIMEOUT_SECS", 20, 1..=600)?,
            interactive: RetryPolicy::INTERACTIVE,
            background: RetryPolicy::BACKGROUND,
        }))
    }
}

/// The key becomes a header value, so characters that a header cannot carry fail here. The error omits the value.
fn check_key(key: &SecretString) -> Result<(), ConfigError> {
    if key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(ConfigError::new(
        "GEMINI_API_KEY",
        "contains spaces or characters that a key cannot have",
        "the key from https://aistudio.google.com/apikey",
    ))
}

fn base_url(env: &Env) -> Result<Url, ConfigError> {
    const DEFAULT: &str = "https://generativelanguage.googleapis.com/v1beta";
    let url = env.http_url("GEMINI_BASE_URL", DEFAULT)?;
    // Such a URL would carry a secret that logs and errors do not mask.
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::new("GEMINI_BASE_URL", "must have no user, password, query or fragment", DEFAULT));
    }
    Ok(url)
}

fn answer_models(env: &Env) -> Result<Vec<String>, ConfigError> {
    const FALLBACKS: &str = "gemini-3.6-flash,gemini-3.1-flash-lite";
    let mut chain = vec![model(env, "GEMINI_MODEL", "gemini-3.8-flash")?];
    for name in models(env, "GEMINI_FALLBACK_MODELS", FALLBACKS, FALLBACKS)? {
        if !chain.contains(&name) {
            chain.push(name);
        }
    }
    Ok(chain)
}

/// Names separated by commas, or `none`.
fn models(env: &Env, variable: &str, default: &str, example: &str) -> Result<Vec<String>, ConfigError> {
    let names = env.get(variable).unwrap_or(default);
    if names.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| checked(variable, name, example)).collect()
}

fn model(env: &Env, variable: &str, default: &str) -> Result<String, ConfigError> {
    checked(variable, env.get(variable).unwrap_or(default), default)
}

/// A model's name becomes part of the URL's path, so only plain names pass.
fn checked(variable: &str, name: &str, example: &str) -> Result<String, ConfigError> {
    let name = name.strip_prefix("models/").unwrap_or(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain) {
        return Ok(name.to_owned());
    }
    Err(ConfigError::new(variable, format!("must be the name of a model, not {name:?}"), example))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(env: Env) -> Result<GeminiConfig, ConfigError> {
        GeminiConfig::from_env(&env.with("GEMINI_API_KEY", "sesame")).map(Option::unwrap)
    }

    #[test]
    fn without_a_key_there_is_no_gemini_and_with_one_everything_has_a_default() {
        assert!(GeminiConfig::from_env(&Env::of([("GEMINI_MODEL", "x")])).unwrap().is_none());
        let config = read(Env::default()).unwrap();
        assert_eq!(config.answer_models, ["gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.1-flash-lite"]);
        assert_eq!(config.cheap_model, "gemini-3.5-flash-lite");
        assert_eq!((config.embedding_model.as_str(), config.embedding_dimension), ("gemini-embedding-2", 768));
        assert_eq!(config.base_url.as_str(), "https://generativelanguage.googleapis.com/v1beta");
        assert_eq!(config.thinking_level, ThinkingLevel::Low);
    }

    #[test]
    fn the_key_is_never_printed() {
        let config = read(Env::default()).unwrap();
        assert!(!format!("{config:?} {config:#?}").contains("sesame"));
        let error = GeminiConfig::from_env(&Env::of([("GEMINI_API_KEY", "open\nsesame")])).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error}");
        assert!(error.to_string().starts_with("GEMINI_API_KEY contains"), "{error}");
    }

    #[test]
    fn models_are_read_without_their_prefix_and_without_repetition() {
        let env = Env::of([("GEMINI_MODEL", "models/one"), ("GEMINI_FALLBACK_MODELS", "two, one,models/two,,three")]);
        assert_eq!(read(env).unwrap().answer_models, ["one", "two", "three"]);
        assert_eq!(read(Env::of([("GEMINI_FALLBACK_MODELS", "none")])).unwrap().answer_models, ["gemini-3.8-flash"]);
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (variable, value) in [
            ("GEMINI_BASE_URL", "generativelanguage.googleapis.com"),
            ("GEMINI_BASE_URL", "ftp://x/"),
            ("GEMINI_BASE_URL", "https://user:secret@x/v1beta"),
            ("GEMINI_BASE_URL", "https://x/v1beta?key=secret"),
            ("GEMINI_MODEL", "../tunedModels/x"),
            ("GEMINI_FALLBACK_MODELS", "a b"),
            ("GEMINI_SERVER_MODELS", "a,b/c"),
            ("GEMINI_CHEAP_MODEL", "a:b"),
            ("GEMINI_EMBEDDING_MODEL", "a/b"),
            ("GEMINI_EMBEDDING_DIMENSION", "64"),
            ("GEMINI_EMBEDDING_DIMENSION", "3073"),
            ("GEMINI_THINKING_LEVEL", "minimal"),
            ("GEMINI_CONNECT_TIMEOUT_SECS", "0"),
        ] {
            let error = read(Env::default().with(variable, value)).unwrap_err();
            assert_eq!(error.variable, variable);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
