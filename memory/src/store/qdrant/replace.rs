//! Replaces points whole, so that no vector of an older version is found.
//!
//! When an upsert leaves a named vector out, the server drops the old one only where the point lies in a plain segment. In
//! an optimised segment it keeps it. So every upsert sends a sparse vector, an empty one where there are no terms, and a
//! second request deletes the dense vector of points that no longer have one.

use super::{QdrantStore, client::store_error, collection::DENSE};
use crate::store::StoreError;
use qdrant_client::qdrant::{
    Condition, DeletePointVectorsBuilder, Filter, PointStruct, UpsertPointsBuilder, VectorsSelector,
};

/// The maximum number of points in one request, whose vectors can have thousands of numbers each.
pub(super) const BATCH: usize = 256;

/// A point to store.
pub(super) struct Replacement {
    pub(super) point: PointStruct,
    /// Matches the stored point if this one may replace it. The server checks it within each write.
    pub(super) replaceable: Condition,
    /// Whether the point has a dense vector.
    pub(super) has_dense: bool,
}

impl QdrantStore {
    pub(super) async fn replace(&self, replacements: Vec<Replacement>) -> Result<(), StoreError> {
        for batch in replacements.chunks(BATCH) {
            let points: Vec<PointStruct> = batch.iter().map(|replacement| replacement.point.clone()).collect();
            let replaceable = Filter::should(batch.iter().map(|replacement| replacement.replaceable.clone()));
            let request = UpsertPointsBuilder::new(&self.names.messages, points).update_filter(replaceable).wait(true);
            self.client.upsert_points(request).await.map_err(store_error)?;

            let without_dense = batch.iter().filter(|replacement| !replacement.has_dense);
            let without_dense: Vec<Condition> =
                without_dense.map(|replacement| replacement.replaceable.clone()).collect();
            if self.space.is_some() && !without_dense.is_empty() {
                let request = DeletePointVectorsBuilder::new(&self.names.messages)
                    .points_selector(Filter::should(without_dense))
                    .vectors(VectorsSelector { names: vec![DENSE.to_owned()] })
                    .wait(true);
                self.client.delete_vectors(request).await.map_err(store_error)?;
            }
        }
        Ok(())
    }
}
