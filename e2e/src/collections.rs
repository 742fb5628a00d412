//! The collections of one deployment on a Qdrant server that is somebody's: under a prefix of their own, and
//! gone when the deployment is.

use qdrant_client::{Qdrant, QdrantError};
use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

/// Timeout of one request: the server may be what a test found broken.
const PATIENCE: Duration = Duration::from_secs(5);

/// Collections whose names begin with [`Self::prefix`]; dropping this deletes them.
#[derive(Debug)]
pub(crate) struct Collections {
    url: String,
    key: String,
    prefix: String,
}

impl Collections {
    /// A unique prefix on this server. An empty key means no key.
    pub(crate) fn on(url: &str, key: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let prefix = format!("test_{since}_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self { url: url.to_owned(), key: key.to_owned(), prefix }
    }

    /// The value for `QDRANT_COLLECTION_PREFIX`.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    async fn delete(&self) -> Result<(), QdrantError> {
        let mut builder = Qdrant::from_url(&self.url).timeout(PATIENCE).connect_timeout(PATIENCE);
        if !self.key.is_empty() {
            builder = builder.api_key(self.key.as_str());
        }
        let client = builder.skip_compatibility_check().build()?;
        let ours = format!("{}-", self.prefix);
        for collection in client.list_collections().await?.collections {
            if collection.name.starts_with(&ours) {
                client.delete_collection(collection.name).await?;
            }
        }
        Ok(())
    }
}

impl Drop for Collections {
    /// Runs when a test panics too, so it must not panic itself.
    fn drop(&mut self) {
        // On its own thread: a runtime's thread may drop this, and it must not block on another runtime.
        let deleted = std::thread::scope(|scope| {
            let delete = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map_err(QdrantError::from).and_then(|runtime| runtime.block_on(self.delete()))
            };
            scope.spawn(delete).join()
        });
        if !matches!(deleted, Ok(Ok(()))) {
            println!("store: the collections {}… at {} stay: {deleted:?}", self.prefix, self.url);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qdrant_client::qdrant::{CreateCollectionBuilder, Distance, VectorParamsBuilder};
    use rtfm_testkit::qdrant::QdrantServer;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_deployment_creates_and_deletes_its_own_collections() {
        let server = QdrantServer::start().await;
        let (one, other) = (Collections::on(&server.url(), ""), Collections::on(&server.url(), ""));
        let client = Qdrant::from_url(&server.url()).skip_compatibility_check().build().unwrap();
        let names: Vec<String> =
            [one.prefix(), other.prefix(), "rtfm"].map(|prefix| format!("{prefix}-lexical")).into();
        for name in &names {
            let vectors = VectorParamsBuilder::new(4, Distance::Cosine);
            client.create_collection(CreateCollectionBuilder::new(name).vectors_config(vectors)).await.unwrap();
        }
        let left = async || {
            let mut left: Vec<_> =
                client.list_collections().await.unwrap().collections.into_iter().map(|one| one.name).collect();
            left.sort();
            left
        };
        let mut expected = names.clone();
        expected.sort();
        assert_eq!(left().await, expected);
        // A test that fails drops its deployment too.
        let failed = tokio::spawn(async move {
            let _one = one;
            panic!("as a failing test does");
        });
        assert!(failed.await.unwrap_err().is_panic());
        expected.retain(|name| *name != names[0]);
        assert_eq!(left().await, expected);
        drop(other);
        assert_eq!(left().await, [names[2].as_str()], "what is not ours stays");
    }
}
