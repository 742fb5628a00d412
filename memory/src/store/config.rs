//! Which store, and how to reach it.

use super::{
    EmbeddingSpace, QdrantStore, SqliteStore, StoreError, VectorStore, decorator::DecoratedStore,
    instrumentation::StoreInstrumentation,
};
use rtfm_shared::config::{ConfigError, Env};
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use url::{Host, Url};

/// The store to use.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// One SQLite file in this directory.
    Sqlite {
        /// The data directory.
        directory: PathBuf,
    },
    /// A Qdrant server or cluster.
    Qdrant(QdrantConfig),
}

/// How to reach Qdrant.
#[derive(Clone, Debug)]
pub struct QdrantConfig {
    /// `QDRANT_URL`: where its gRPC is, usually port 6334.
    pub url: String,
    /// `QDRANT_API_KEY`: its key, when it wants one.
    pub api_key: Option<SecretString>,
    /// `QDRANT_COLLECTION_PREFIX`: what the names of our collections begin with (default `rtfm`), for
    /// several deployments on one server. Never contains `-`, so that none begins like another.
    pub prefix: String,
}

impl StoreConfig {
    /// Qdrant where `QDRANT_URL` is set, else SQLite in `directory`.
    pub fn from_env(env: &Env, directory: &Path) -> Result<Self, ConfigError> {
        Ok(match QdrantConfig::from_env(env)? {
            Some(qdrant) => Self::Qdrant(qdrant),
            None => Self::Sqlite { directory: directory.to_owned() },
        })
    }

    /// Opens the store, creating what is missing. Its operations are measured.
    pub async fn open(&self, embedding: Option<EmbeddingSpace>) -> Result<Arc<dyn VectorStore>, StoreError> {
        let store: Arc<dyn VectorStore> = match self {
            Self::Sqlite { directory } => Arc::new(SqliteStore::open(directory, embedding).await?),
            Self::Qdrant(config) => Arc::new(QdrantStore::connect(config, embedding).await?),
        };
        Ok(Arc::new(DecoratedStore { store, around: StoreInstrumentation }))
    }
}

impl QdrantConfig {
    /// This server with every default.
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned(), api_key: None, prefix: "rtfm".to_owned() }
    }

    /// The URL without a name and password, which would be of no use and must not be shown: Qdrant takes a key.
    pub(super) fn address(&self) -> String {
        let Ok(mut url) = Url::parse(&self.url) else { return self.url.clone() };
        // They fail only for URLs without a host, which carry no password.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// The server that the environment names, if it names one.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(url) = env.get("QDRANT_URL") else { return Ok(None) };
        let error = |variable: &str, fault: String, example: &str| ConfigError {
            variable: variable.to_owned(),
            fault,
            example: example.to_owned(),
        };
        let example = "http://localhost:6334";
        match Url::parse(url) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => {}
            // The value is not shown: a URL can carry a password.
            _ => return Err(error("QDRANT_URL", "must be an http or https URL".to_owned(), example)),
        }
        let prefix = env.get("QDRANT_COLLECTION_PREFIX").unwrap_or("rtfm");
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if prefix.len() > 64 || !prefix.chars().all(fits) {
            let fault = format!("must be up to 64 lower-case letters, digits and '_', not {prefix:?}");
            return Err(error("QDRANT_COLLECTION_PREFIX", fault, "rtfm"));
        }
        Ok(Some(Self { api_key: env.secret("QDRANT_API_KEY"), prefix: prefix.to_owned(), ..Self::of(url) }))
    }

    /// Drops every collection with this prefix, for a store that was made for a while only.
    pub async fn drop_collections(&self) -> Result<(), StoreError> {
        QdrantStore::drop(self).await
    }

    /// Whether everybody on the way could read the key: no TLS, and a host beyond this machine. A name without
    /// a dot is a neighbour's on a network of the containers' own, as in docker-compose.yml.
    pub fn exposes_key(&self) -> bool {
        let Ok(url) = Url::parse(&self.url) else { return false };
        let beyond = match url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').contains('.') && !name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => !address.is_loopback(),
            Some(Host::Ipv6(address)) => !address.is_loopback(),
            None => false,
        };
        self.api_key.is_some() && url.scheme() == "http" && beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_tls_is_exposed_beyond_this_machine() {
        let exposes = |url: &str, key: &str| {
            let env = Env::of([("QDRANT_URL", url), ("QDRANT_API_KEY", key)]);
            QdrantConfig::from_env(&env).unwrap().unwrap().exposes_key()
        };
        for url in ["http://qdrant.example:6334", "http://10.0.0.5:6334", "http://[2001:db8::1]:6334"] {
            assert!(exposes(url, "sesame"), "{url}");
            assert!(!exposes(url, ""), "there is no key to read: {url}");
            assert!(!exposes(&url.replace("http:", "https:"), "sesame"));
        }
        for url in ["http://localhost:6334", "http://127.0.0.1:6334", "http://[::1]:6334", "http://qdrant:6334"] {
            assert!(!exposes(url, "sesame"), "{url}");
        }
    }

    #[test]
    fn qdrant_is_chosen_by_its_variable_alone() {
        let sqlite = StoreConfig::from_env(&Env::of([("QDRANT_API_KEY", "key")]), Path::new("data")).unwrap();
        assert!(matches!(sqlite, StoreConfig::Sqlite { directory } if directory == Path::new("data")));
        let env = Env::of([("QDRANT_URL", "https://qdrant.example:6334"), ("QDRANT_API_KEY", "sesame")]);
        let StoreConfig::Qdrant(qdrant) = StoreConfig::from_env(&env, Path::new("data")).unwrap() else {
            panic!("Qdrant was asked for")
        };
        assert_eq!((qdrant.url.as_str(), qdrant.prefix.as_str()), ("https://qdrant.example:6334", "rtfm"));
        assert!(qdrant.api_key.is_some() && !format!("{qdrant:?}").contains("sesame"));
    }

    #[test]
    fn a_password_in_the_url_goes_nowhere() {
        let address = |url| QdrantConfig::of(url).address();
        assert_eq!(address("https://ana:sesame@qdrant.example:6334"), "https://qdrant.example:6334");
        assert_eq!(address("http://localhost:6334"), "http://localhost:6334");
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for url in ["localhost:6334", "qdrant", "ftp://qdrant:6334", "http://"] {
            let error = QdrantConfig::from_env(&Env::of([("QDRANT_URL", url)])).unwrap_err();
            assert!(error.to_string().starts_with("QDRANT_URL must be an http"), "{error}");
        }
        let env = Env::of([("QDRANT_URL", "http://q:6334"), ("QDRANT_COLLECTION_PREFIX", "a-b")]);
        assert!(QdrantConfig::from_env(&env).unwrap_err().to_string().starts_with("QDRANT_COLLECTION_PREFIX must"));
    }
}
