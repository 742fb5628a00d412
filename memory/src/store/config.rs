//! Which store a deployment uses and how to reach it.

use super::{
    EmbeddingSpace, MessageStore, QdrantStore, SqliteStore, StoreError, decorator::DecoratedStore,
    instrumentation::StoreInstrumentation, sqlite::FILE_NAME,
};
use rtfm_shared::config::{ConfigError, Env};
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use url::Url;

/// The store that a deployment uses.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// One SQLite file in this directory.
    Sqlite {
        /// The directory that holds `memory.sqlite`; opening the store creates it.
        directory: PathBuf,
    },
    /// A Qdrant server or cluster.
    Qdrant(QdrantConfig),
}

const URL: &str = "QDRANT_URL";
const API_KEY: &str = "QDRANT_API_KEY";
const COLLECTION_PREFIX: &str = "QDRANT_COLLECTION_PREFIX";

/// The collection prefix when `QDRANT_COLLECTION_PREFIX` is not set.
const DEFAULT_PREFIX: &str = "rtfm";

/// Address and credentials of a Qdrant server, and the collections to use on it.
#[derive(Clone, Debug)]
pub struct QdrantConfig {
    /// `QDRANT_URL`: the gRPC endpoint, usually on port 6334.
    pub url: String,
    /// `QDRANT_API_KEY`: the server's API key, when it requires one.
    pub api_key: Option<SecretString>,
    /// `QDRANT_COLLECTION_PREFIX`: the prefix of our collection names (default `rtfm`). It lets several deployments
    /// share a server. It never contains `-`, so no deployment's prefix matches another's collections.
    pub prefix: String,
}

impl StoreConfig {
    /// Chooses Qdrant when `QDRANT_URL` is set, otherwise SQLite in `directory`.
    pub fn from_env(env: &Env, directory: &Path) -> Result<Self, ConfigError> {
        Ok(match QdrantConfig::from_env(env)? {
            Some(qdrant) => Self::Qdrant(qdrant),
            None => Self::Sqlite { directory: directory.to_owned() },
        })
    }

    /// Opens the store and creates missing files, tables or collections. The store records metrics and spans of its
    /// operations.
    pub async fn open(&self, embedding: Option<EmbeddingSpace>) -> Result<Arc<dyn MessageStore>, StoreError> {
        let store: Arc<dyn MessageStore> = match self {
            Self::Sqlite { directory } => Arc::new(SqliteStore::open(directory, embedding).await?),
            Self::Qdrant(config) => Arc::new(QdrantStore::connect(config, embedding).await?),
        };
        Ok(Arc::new(DecoratedStore { store, decorator: StoreInstrumentation }))
    }

    /// Describes what the store holds in one short phrase, for the operator's tools; an error when the store cannot be
    /// used. It creates, moves and changes nothing.
    pub async fn probe(&self) -> Result<String, StoreError> {
        match self {
            Self::Sqlite { directory } => Ok(match SqliteStore::probe(directory).await? {
                Some(count) => format!("{} holds {count} messages", directory.join(FILE_NAME).display()),
                None => format!("{} holds no messages yet", directory.display()),
            }),
            Self::Qdrant(config) => QdrantStore::probe(config).await,
        }
    }

    /// The store's location as shown to people. It omits a password in the URL.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite { directory } => format!("local, in {}", directory.display()),
            Self::Qdrant(config) => format!("Qdrant at {}", config.address()),
        }
    }
}

impl QdrantConfig {
    /// The server at `url`, without a key and with the default prefix.
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned(), api_key: None, prefix: DEFAULT_PREFIX.to_owned() }
    }

    /// The URL without user name and password. Qdrant authenticates by key only, and logs must not show a password.
    pub(super) fn address(&self) -> String {
        let Ok(mut url) = Url::parse(&self.url) else { return self.url.clone() };
        // Both setters fail only for URLs without a host, which carry no password.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// Reads the configuration from the environment; `None` when `QDRANT_URL` is not set.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(url) = env.get(URL) else { return Ok(None) };
        env.http_url(URL, "http://localhost:6334")?;
        let prefix = env.get(COLLECTION_PREFIX).unwrap_or(DEFAULT_PREFIX);
        let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if prefix.len() > 64 || !prefix.chars().all(is_valid) {
            return Err(ConfigError::new(
                COLLECTION_PREFIX,
                format!("must be up to 64 lower-case letters, digits and '_', not {prefix:?}"),
                DEFAULT_PREFIX,
            ));
        }
        Ok(Some(Self { api_key: env.secret(API_KEY), prefix: prefix.to_owned(), ..Self::of(url) }))
    }

    /// Drops every collection with this prefix. Temporary stores clean up with it.
    pub async fn drop_collections(&self) -> Result<(), StoreError> {
        QdrantStore::drop(self).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qdrant_url_alone_selects_qdrant() {
        let sqlite = StoreConfig::from_env(&Env::of([("QDRANT_API_KEY", "key")]), Path::new("data")).unwrap();
        assert!(matches!(sqlite, StoreConfig::Sqlite { directory } if directory == Path::new("data")));
        let env = Env::of([("QDRANT_URL", "https://qdrant.example:6334"), ("QDRANT_API_KEY", "sesame")]);
        let StoreConfig::Qdrant(qdrant) = StoreConfig::from_env(&env, Path::new("data")).unwrap() else {
            panic!("QDRANT_URL selects Qdrant")
        };
        assert_eq!((qdrant.url.as_str(), qdrant.prefix.as_str()), ("https://qdrant.example:6334", "rtfm"));
        assert!(qdrant.api_key.is_some() && !format!("{qdrant:?}").contains("sesame"));
    }

    #[test]
    fn the_address_omits_a_password_in_the_url() {
        let address = |url| QdrantConfig::of(url).address();
        assert_eq!(address("https://ana:sesame@qdrant.example:6334"), "https://qdrant.example:6334");
        assert_eq!(address("http://localhost:6334"), "http://localhost:6334");
    }

    #[test]
    fn an_error_names_the_invalid_variable() {
        for url in ["localhost:6334", "qdrant", "ftp://qdrant:6334", "http://"] {
            let error = QdrantConfig::from_env(&Env::of([("QDRANT_URL", url)])).unwrap_err();
            assert!(error.to_string().starts_with("QDRANT_URL must be an http"), "{error}");
        }
        let env = Env::of([("QDRANT_URL", "http://q:6334"), ("QDRANT_COLLECTION_PREFIX", "a-b")]);
        assert!(QdrantConfig::from_env(&env).unwrap_err().to_string().starts_with("QDRANT_COLLECTION_PREFIX must"));
    }
}
