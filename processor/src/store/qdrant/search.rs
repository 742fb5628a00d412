//! Both legs of a search in one request, and again for a leg whose last places are shared.

use super::{
    QdrantStore,
    client::store_error,
    collection::{DENSE, WORDS, field},
    filter, point, sparse,
};
use crate::store::{Hit, Legs, SearchRequest, StoreError};
use qdrant_client::qdrant::{
    self, PayloadIncludeSelector, Query, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder, ScoredPoint,
    VectorInput,
};

/// The server gives those of equal score in any order; so many more are fetched that we see whether
/// the last place is shared.
const SLACK: usize = 8;

/// Beyond this, a shared last place stays a matter of luck.
const MAX_FETCH: usize = 16_384;

/// One leg under way.
struct Leg {
    vector: &'static str,
    query: Query,
    fetch: usize,
    hits: Option<Vec<Hit>>,
}

impl Leg {
    fn new(vector: &'static str, input: VectorInput, limit: usize) -> Self {
        Self { vector, query: Query::new_nearest(input), fetch: limit.saturating_add(SLACK), hits: None }
    }

    fn request(&self, collection: &str, filter: &qdrant::Filter) -> QueryPoints {
        QueryPointsBuilder::new(collection)
            .query(self.query.clone())
            .using(self.vector)
            .filter(filter.clone())
            .limit(self.fetch as u64)
            .with_payload(PayloadIncludeSelector { fields: vec![field::BODY.to_owned()] })
            .build()
    }

    /// Takes what the server found, or wants more.
    fn take(&mut self, found: Vec<ScoredPoint>, limit: usize) -> Result<(), StoreError> {
        let complete = found.len() < self.fetch || self.fetch >= MAX_FETCH;
        let mut found: Vec<(u64, ScoredPoint)> =
            found.into_iter().filter_map(|found| Some((point::number(found.id.as_ref())?, found))).collect();
        found.sort_by(|(a, left), (b, right)| right.score.total_cmp(&left.score).then(a.cmp(b)));
        let score = |place: Option<&(u64, ScoredPoint)>| place.map(|(_, found)| found.score);
        let last = limit.checked_sub(1).and_then(|last| score(found.get(last)));
        if !complete && last == score(found.last()) {
            self.fetch = self.fetch.saturating_mul(8).min(MAX_FETCH);
            return Ok(());
        }
        let hit = |(_, found): (u64, ScoredPoint)| {
            Ok(Hit { message: point::message(&found.payload)?, score: f64::from(found.score) })
        };
        self.hits = Some(found.into_iter().take(limit).map(hit).collect::<Result<_, StoreError>>()?);
        Ok(())
    }
}

impl QdrantStore {
    pub(super) async fn find(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        let SearchRequest { filter, text, vector, limit } = request;
        let vector = match &self.space {
            Some(space) => space.accept(vector)?,
            None => None,
        };
        if filter.is_empty() || limit == 0 {
            return Ok(Legs::default());
        }
        let mut legs = Vec::new();
        if let Some(vector) = vector {
            legs.push(Leg::new(DENSE, VectorInput::new_dense(vector.to_vec()), limit));
        }
        let (numbers, weights): (Vec<u32>, Vec<f32>) = sparse::of_query(text).into_iter().unzip();
        if !numbers.is_empty() {
            legs.push(Leg::new(WORDS, VectorInput::new_sparse(numbers, weights), limit));
        }
        let filter = filter::filter(filter);
        loop {
            let mut open: Vec<&mut Leg> = legs.iter_mut().filter(|leg| leg.hits.is_none()).collect();
            if open.is_empty() {
                break;
            }
            let requests: Vec<QueryPoints> =
                open.iter().map(|leg| leg.request(&self.names.messages, &filter)).collect();
            let batch = QueryBatchPointsBuilder::new(&self.names.messages, requests);
            let answers = self.client.query_batch(batch).await.map_err(store_error)?.result;
            if answers.len() != open.len() {
                return Err(StoreError::Unavailable("Qdrant answered only a part of the search".to_owned()));
            }
            for (leg, answer) in open.iter_mut().zip(answers) {
                leg.take(answer.result, limit)?;
            }
        }
        let mut found = Legs::default();
        for leg in legs {
            let hits = leg.hits.unwrap_or_default();
            if leg.vector == DENSE { found.dense = hits } else { found.lexical = hits }
        }
        Ok(found)
    }
}
