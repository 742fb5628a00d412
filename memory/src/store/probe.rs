//! A look at a store for operators' tools: nothing is made, moved or changed by it.

use super::{QdrantStore, SqliteStore, StoreConfig, StoreError};

impl StoreConfig {
    /// Whether the store can be used, and in a few words what is there.
    pub async fn probe(&self) -> Result<String, StoreError> {
        match self {
            Self::Sqlite { directory } => Ok(match SqliteStore::probe(directory).await? {
                Some(count) => format!("{} holds {count} messages", directory.join("memory.sqlite").display()),
                None => format!("nothing is stored in {} yet", directory.display()),
            }),
            Self::Qdrant(config) => QdrantStore::probe(config).await,
        }
    }

    /// Where it is, for people; without a password that its URL may carry.
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite { directory } => format!("local, in {}", directory.display()),
            Self::Qdrant(config) => format!("Qdrant at {}", config.address()),
        }
    }
}
