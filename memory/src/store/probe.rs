//! Read-only inspection of a store for the operator's tools. It creates, moves and changes nothing.

use super::{QdrantStore, SqliteStore, StoreConfig, StoreError, sqlite::FILE_NAME};

impl StoreConfig {
    /// Describes what the store holds in one short phrase; an error when the store cannot be used.
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
