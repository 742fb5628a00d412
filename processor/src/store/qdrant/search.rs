//! Both legs of a search in one request, and again for a leg whose last places are shared.

use super::{
    QdrantStore,
    client::store_error,
    collection::{DENSE, WORDS},
    filter, point,
    read::body,
    sparse,
};
use crate::store::{Hit, Legs, SearchRequest, StoreError};
use qdrant_client::qdrant::{
    self, Query, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder, ScoredPoint, VectorInput,
};
use rtfm_shared::event::ChatMessage;
use std::collections::HashMap;

/// The server gives those of equal score in any order; so many more are fetched that we see whether
/// the last place is shared.
const SLACK: usize = 8;

/// Beyond this, a shared last place stays a matter of luck.
const MAX_FETCH: usize = 16_384;

/// Messages by snowflake, as far as they are known.
type Messages = HashMap<u64, ChatMessage>;

/// One leg under way.
struct Leg {
    vector: &'static str,
    query: Query,
    fetch: usize,
    /// Snowflakes and scores, best first, once they are certain.
    found: Option<Vec<(u64, f32)>>,
}

impl Leg {
    fn new(vector: &'static str, input: VectorInput, limit: usize) -> Self {
        Self { vector, query: Query::new_nearest(input), fetch: limit.saturating_add(SLACK), found: None }
    }

    /// Messages come along only at first: a leg that must look far fetches only those that it keeps.
    fn request(&self, collection: &str, filter: &qdrant::Filter, first: bool) -> QueryPoints {
        let request = QueryPointsBuilder::new(collection)
            .query(self.query.clone())
            .using(self.vector)
            .filter(filter.clone())
            .limit(self.fetch as u64);
        if first { request.with_payload(body()).build() } else { request.with_payload(false).build() }
    }

    /// Takes what the server found, or wants more.
    fn take(&mut self, found: &[ScoredPoint], limit: usize) {
        let complete = found.len() < self.fetch || self.fetch >= MAX_FETCH;
        let mut found: Vec<(u64, f32)> =
            found.iter().filter_map(|found| Some((point::number(found.id.as_ref())?, found.score))).collect();
        found.sort_by(|(a, left), (b, right)| right.total_cmp(left).then(a.cmp(b)));
        let last = limit.checked_sub(1).and_then(|last| found.get(last)).map(|(_, score)| *score);
        if !complete && last == found.last().map(|(_, score)| *score) {
            self.fetch = self.fetch.saturating_mul(8).min(MAX_FETCH);
            return;
        }
        found.truncate(limit);
        self.found = Some(found);
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
        let messages = self.run(&mut legs, &filter::filter(filter), limit).await?;
        let mut found = Legs::default();
        for leg in legs {
            let hit = |(id, score)| Some(Hit { message: messages.get(&id)?.clone(), score: f64::from(score) });
            let hits = leg.found.into_iter().flatten().filter_map(hit).collect();
            if leg.vector == DENSE { found.dense = hits } else { found.lexical = hits }
        }
        Ok(found)
    }

    /// Runs the legs until each is certain; the messages that they found.
    async fn run(&self, legs: &mut [Leg], filter: &qdrant::Filter, limit: usize) -> Result<Messages, StoreError> {
        let mut messages = Messages::new();
        let mut first = true;
        loop {
            let mut open: Vec<&mut Leg> = legs.iter_mut().filter(|leg| leg.found.is_none()).collect();
            if open.is_empty() {
                break;
            }
            let requests: Vec<QueryPoints> =
                open.iter().map(|leg| leg.request(&self.names.messages, filter, first)).collect();
            let batch = QueryBatchPointsBuilder::new(&self.names.messages, requests);
            let answers = self.client.query_batch(batch).await.map_err(store_error)?.result;
            if answers.len() != open.len() {
                return Err(StoreError::Unavailable("Qdrant answered only a part of the search".to_owned()));
            }
            for (leg, answer) in open.iter_mut().zip(answers) {
                leg.take(&answer.result, limit);
                for found in answer.result.iter().filter(|_| first) {
                    if let Some(id) = point::number(found.id.as_ref()) {
                        messages.insert(id, point::message(&found.payload)?);
                    }
                }
            }
            first = false;
        }
        let found = legs.iter().filter_map(|leg| leg.found.as_ref()).flatten().map(|(id, _)| *id);
        let missing: Vec<u64> = found.filter(|id| !messages.contains_key(id)).collect();
        messages.extend(self.fetch_numbers(missing).await?);
        Ok(messages)
    }
}
