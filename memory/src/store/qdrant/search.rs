//! Runs both legs of a search in one batch request, and repeats a leg whose cut falls among equal scores.

use super::{
    QdrantStore,
    client::{incomplete_answer, store_error},
    collection::{DENSE, WORDS, field},
    filter, point,
};
use crate::{
    store::{FilePassage, Filter, Hit, Legs, SearchRequest, StoreError, file::has_file},
    text::words::weigh,
};
use qdrant_client::qdrant::{
    self, GetPointsBuilder, PayloadIncludeSelector, PointId, Query, QueryBatchPointsBuilder, QueryPoints,
    QueryPointsBuilder, ScoredPoint, Value, VectorInput, point_id::PointIdOptions,
};
use rtfm_shared::event::ChatMessage;
use std::collections::HashMap;

/// How many hits beyond the limit a leg fetches. The server orders equal scores arbitrarily; the surplus shows whether the
/// last hit shares its score with others.
const SURPLUS: usize = 8;

/// The maximum number of hits that a leg fetches. Among more equal scores, the server's choice stands.
const MAX_FETCH: usize = 16_384;

/// A point's id in the order for equal scores: messages by snowflake, then passages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Message(u64),
    Passage(String),
}

impl Key {
    fn of(id: Option<&PointId>) -> Option<Self> {
        Some(match id?.point_id_options.as_ref()? {
            PointIdOptions::Num(number) => Self::Message(*number),
            PointIdOptions::Uuid(uuid) => Self::Passage(uuid.clone()),
        })
    }
}

/// The messages and passages fetched so far.
#[derive(Default)]
struct FetchedHits {
    messages: HashMap<u64, ChatMessage>,
    /// By point id, each with its message's snowflake.
    passages: HashMap<String, (u64, FilePassage)>,
}

impl FetchedHits {
    fn put(&mut self, key: Key, payload: &HashMap<String, Value>) -> Result<(), StoreError> {
        match key {
            Key::Message(snowflake) => {
                self.messages.insert(snowflake, point::message(payload)?);
            }
            Key::Passage(uuid) => {
                if let Some(snowflake) = point::message_of(payload) {
                    self.passages.insert(uuid, (snowflake, point::passage(payload)?));
                }
            }
        }
        Ok(())
    }

    /// The hit for a point; `None` when its message is no longer inside the filter or no longer has the passage's file.
    fn hit(&self, key: &Key, score: f32, filter: &Filter) -> Option<Hit> {
        let score = f64::from(score);
        match key {
            Key::Message(snowflake) => {
                let message = self.messages.get(snowflake).filter(|message| filter.matches(message))?;
                Some(Hit { message: message.clone(), passage: None, score })
            }
            Key::Passage(uuid) => {
                let (snowflake, passage) = self.passages.get(uuid)?;
                let message = self.messages.get(snowflake)?;
                let is_visible = has_file(message, &passage.key) && filter.matches(message);
                is_visible.then(|| Hit { message: message.clone(), passage: Some(passage.clone()), score })
            }
        }
    }
}

/// One leg of a search.
struct Leg {
    vector: &'static str,
    query: Query,
    fetch: usize,
    /// Ids and scores, best first; `None` until the order at the cut is certain.
    found: Option<Vec<(Key, f32)>>,
}

impl Leg {
    fn new(vector: &'static str, input: VectorInput, limit: usize) -> Self {
        Self { vector, query: Query::new_nearest(input), fetch: limit.saturating_add(SURPLUS), found: None }
    }

    /// The leg's query. Only the first one includes payloads; a repeated leg fetches those of its final hits.
    fn request(&self, collection: &str, filter: &qdrant::Filter, first: bool) -> QueryPoints {
        let request = QueryPointsBuilder::new(collection)
            .query(self.query.clone())
            .using(self.vector)
            .filter(filter.clone())
            .limit(self.fetch as u64);
        if first { request.with_payload(hit_fields()).build() } else { request.with_payload(false).build() }
    }

    /// Accepts the server's result, or increases `fetch` when equal scores cross the cut.
    fn take(&mut self, found: &[ScoredPoint], limit: usize) {
        let complete = found.len() < self.fetch || self.fetch >= MAX_FETCH;
        let mut found: Vec<(Key, f32)> =
            found.iter().filter_map(|found| Some((Key::of(found.id.as_ref())?, found.score))).collect();
        found.sort_by(|(a, left), (b, right)| right.total_cmp(left).then_with(|| a.cmp(b)));
        let last = limit.checked_sub(1).and_then(|last| found.get(last)).map(|(_, score)| *score);
        if !complete && last == found.last().map(|(_, score)| *score) {
            self.fetch = self.fetch.saturating_mul(8).min(MAX_FETCH);
            return;
        }
        found.truncate(limit);
        self.found = Some(found);
    }
}

/// Selects the payload fields that a hit consists of.
fn hit_fields() -> PayloadIncludeSelector {
    PayloadIncludeSelector { fields: vec![field::BODY.to_owned(), field::MESSAGE.to_owned()] }
}

impl QdrantStore {
    pub(super) async fn search_legs(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
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
        let numbers: Vec<u32> = weigh::of_question(text).into_iter().collect();
        let weights = vec![1.0; numbers.len()];
        if !numbers.is_empty() {
            legs.push(Leg::new(WORDS, VectorInput::new_sparse(numbers, weights), limit));
        }
        let fetched = self.run(&mut legs, &filter::filter(filter), limit).await?;
        let mut found = Legs::default();
        for leg in legs {
            let hits = leg.found.iter().flatten().filter_map(|(key, score)| fetched.hit(key, *score, filter)).collect();
            if leg.vector == DENSE { found.dense = hits } else { found.lexical = hits }
        }
        Ok(found)
    }

    /// Runs the legs until each has its hits, and returns the content of the hits.
    async fn run(&self, legs: &mut [Leg], filter: &qdrant::Filter, limit: usize) -> Result<FetchedHits, StoreError> {
        let mut fetched = FetchedHits::default();
        let mut first = true;
        loop {
            let mut pending: Vec<&mut Leg> = legs.iter_mut().filter(|leg| leg.found.is_none()).collect();
            if pending.is_empty() {
                break;
            }
            let requests: Vec<QueryPoints> =
                pending.iter().map(|leg| leg.request(&self.names.messages, filter, first)).collect();
            let batch = QueryBatchPointsBuilder::new(&self.names.messages, requests);
            let answers = self.client.query_batch(batch).await.map_err(store_error)?.result;
            if answers.len() != pending.len() {
                return Err(incomplete_answer());
            }
            for (leg, answer) in pending.iter_mut().zip(answers) {
                leg.take(&answer.result, limit);
                for found in answer.result.iter().filter(|_| first) {
                    if let Some(key) = Key::of(found.id.as_ref()) {
                        fetched.put(key, &found.payload)?;
                    }
                }
            }
            first = false;
        }
        let found: Vec<&Key> = legs.iter().filter_map(|leg| leg.found.as_ref()).flatten().map(|(key, _)| key).collect();
        self.fetch_passages(&found, &mut fetched).await?;
        let of_passages = fetched.passages.values().map(|(snowflake, _)| *snowflake);
        let of_messages = found.iter().filter_map(|key| match key {
            Key::Message(snowflake) => Some(*snowflake),
            Key::Passage(_) => None,
        });
        let missing: Vec<u64> =
            of_passages.chain(of_messages).filter(|id| !fetched.messages.contains_key(id)).collect();
        let missing = self.fetch_numbers(missing).await?;
        fetched.messages.extend(missing);
        Ok(fetched)
    }

    /// Fetches the found passages that `fetched` lacks.
    async fn fetch_passages(&self, found: &[&Key], fetched: &mut FetchedHits) -> Result<(), StoreError> {
        let missing: Vec<PointId> = found
            .iter()
            .filter_map(|key| match key {
                Key::Passage(uuid) if !fetched.passages.contains_key(uuid) => Some(PointId::from(uuid.as_str())),
                Key::Passage(_) | Key::Message(_) => None,
            })
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let request =
            GetPointsBuilder::new(&self.names.messages, missing).with_payload(hit_fields()).with_vectors(false);
        for found in self.client.get_points(request).await.map_err(store_error)?.result {
            if let Some(key) = Key::of(found.id.as_ref()) {
                fetched.put(key, &found.payload)?;
            }
        }
        Ok(())
    }
}
