//! Which store, and how to reach it.

use super::{EmbeddingSpace, SqliteStore, StoreError, VectorStore};
use rtfm_shared::config::{ConfigError, Env};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The store to use.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// One SQLite file in this directory.
    Sqlite {
        /// The data directory.
        directory: PathBuf,
    },
}

impl StoreConfig {
    /// SQLite in `directory`.
    pub fn from_env(_env: &Env, directory: &Path) -> Result<Self, ConfigError> {
        Ok(Self::Sqlite { directory: directory.to_owned() })
    }

    /// Opens the store, creating what is missing.
    pub async fn open(&self, embedding: Option<EmbeddingSpace>) -> Result<Arc<dyn VectorStore>, StoreError> {
        Ok(match self {
            Self::Sqlite { directory } => Arc::new(SqliteStore::open(directory, embedding).await?),
        })
    }
}
