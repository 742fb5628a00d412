//! A question → what was said about it: both legs of the search inside a filter, fused to one ranking, judged,
//! and read in its conversations. What answers rest on, what `rtfm search` shows, what `rtfm eval` measures.

mod browse;
mod conversation;
mod evidence;
mod fuse;
mod passages;
mod prefer;
mod prior;
mod spread;
mod strength;
mod stretch;

use crate::{
    embed::Embedder,
    keeper::Gate,
    store::{Filter, Hit, Legs, SearchRequest, StoreError, VectorStore},
};
use fuse::fuse;
use prefer::{Preference, merged};
use prior::with_prior;
use rtfm_shared::{
    event::{ChannelId, MessageId, Query, QueryId},
    settings::Settings,
};
use spread::spread;
use std::{collections::HashSet, sync::Arc, time::Duration};
use stretch::Stretches;
use tokio::{time::timeout, try_join};
use tracing::info_span;

pub use fuse::{Place, Ranked};
pub use passages::Passage;
pub use strength::Strength;

/// Hits that each leg may give before fusion: several times what is used, since fusion moves them.
const LEG_LIMIT: usize = 50;
/// Messages that a full leg should have among its hits: a long file about the matter must not hide all others.
const LEG_MESSAGES: usize = 20;
/// The most hits that a leg gives when it has fewer.
const FAR_LIMIT: usize = 1_000;
/// The longest the question's embedding may take before words alone must do.
const EMBED_LIMIT: Duration = Duration::from_secs(8);

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// The question, for the log.
    pub query_id: QueryId,
    /// The question itself, by which the evidence is judged.
    pub question: String,
    /// What is searched for.
    pub text: String,
    /// Whether that is more than the question: the one that it goes on from, or a message that it links to. Then what
    /// is found must have the question's own words together, or the other's would answer for it.
    pub goes_on: bool,
    /// The channel in which it is asked, whose messages come first among those that fit as well.
    pub place: ChannelId,
    /// Where an answer is likely to stand, inside of what may be found: it is raised, and the rest is found as well.
    pub preferred: Option<Filter>,
}

impl Sought {
    /// What a query looks for, before anything is known of what it means.
    pub fn of(query: &Query) -> Self {
        let text = query.question.trim().to_owned();
        let (query_id, place) = (query.query_id.clone(), query.channel_id.clone());
        Self { query_id, question: text.clone(), text, place, ..Self::default() }
    }
}

/// What retrieval found.
#[derive(Debug, Default)]
pub struct Found {
    /// The messages found, best first.
    pub ranking: Vec<Ranked>,
    /// The best of them in their conversations, best first.
    pub passages: Vec<Passage>,
    /// How well that fits the question.
    pub strength: Strength,
    /// Whether the embedder was away, so that only words were searched.
    pub words_only: bool,
}

/// A question's vector, or why there is none.
#[derive(Debug)]
pub enum Vector {
    /// Here it is.
    Made(Vec<f32>),
    /// There should be one.
    Missing,
    /// Nobody makes vectors here.
    NotWanted,
}

/// Finds what was said. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Retriever {
    store: Arc<dyn VectorStore>,
    embedder: Option<Arc<dyn Embedder>>,
    gate: Gate,
}

impl Retriever {
    /// Over this store; the embedder must be the one the store was filled with. What `settings` say must not be
    /// found is not.
    pub fn new(store: Arc<dyn VectorStore>, embedder: Option<Arc<dyn Embedder>>, settings: Settings) -> Self {
        Self { store, embedder, gate: Gate::new(settings) }
    }

    /// The vector of what is looked for, made once however often the memory is tried; none without an embedder, or
    /// with one that is away or takes longer than `limit` (or some seconds).
    pub async fn vector(&self, sought: &Sought, limit: Duration) -> Vector {
        let Some(embedder) = &self.embedder else { return Vector::NotWanted };
        match timeout(limit.min(EMBED_LIMIT), embedder.query(&sought.text)).await {
            Ok(Ok(vector)) => Vector::Made(vector),
            Ok(Err(error)) => {
                tracing::warn!(%error, query_id = %sought.query_id, "searching by words alone");
                Vector::Missing
            }
            Err(_) => {
                tracing::warn!(query_id = %sought.query_id, "the embedder is too slow: searching by words alone");
                Vector::Missing
            }
        }
    }

    /// Finds what was said inside the filter. What was decided since it was stored, and is not removed yet, is not
    /// found any more.
    pub async fn find(&self, sought: &Sought, vector: &Vector, filter: &Filter) -> Result<Found, StoreError> {
        let filter = &self.gate.narrow(filter.clone());
        if filter.is_empty() {
            return Ok(Found::default());
        }
        let direction = match vector {
            Vector::Made(direction) => Some(direction.as_slice()),
            Vector::Missing | Vector::NotWanted => None,
        };
        let request = SearchRequest { filter, text: &sought.text, vector: direction, limit: LEG_LIMIT };
        let (mut legs, telling) = try_join!(self.legs(request), self.store.telling(filter, &sought.text))?;
        let preferred = sought.preferred.clone().map(|preferred| Preference::of(self.gate.narrow(preferred), filter));
        if let Some(preferred) = preferred.as_ref().filter(|preferred| preferred.near != *filter) {
            legs = merged(legs, self.legs(SearchRequest { filter: &preferred.near, ..request }).await?);
        }
        // What is preferred stays inside of what may be found, whatever it says.
        let may = |hit: &Hit| filter.lets_through(&hit.message) && self.gate.admits(&hit.message);
        legs.dense.retain(may);
        legs.lexical.retain(may);
        let hits = info_span!("fuse").in_scope(|| {
            let hits = with_prior(fuse(legs), &sought.place);
            match &preferred {
                Some(preferred) => preferred.raise(hits),
                None => hits,
            }
        });
        let stretches = Stretches::around(&*self.store, filter, &self.gate, &hits).await?;
        let ranking = info_span!("spread").in_scope(|| spread(hits, &stretches, filter));
        let passages = info_span!("passages").in_scope(|| passages::passages(&ranking, &stretches));
        let mut strength =
            info_span!("strength").in_scope(|| Strength::of(&sought.question, &telling, &ranking, &passages));
        if sought.goes_on {
            strength = strength.covered_by(&sought.question, &passages);
        }
        Ok(Found { ranking, passages, strength, words_only: matches!(vector, Vector::Missing) })
    }

    async fn legs(&self, request: SearchRequest<'_>) -> Result<Legs, StoreError> {
        let legs = self.store.search(request).await?;
        match is_crowded(&legs.dense) || is_crowded(&legs.lexical) {
            true => self.store.search(SearchRequest { limit: FAR_LIMIT, ..request }).await,
            false => Ok(legs),
        }
    }
}

/// Whether passages of a few messages' files fill a leg.
fn is_crowded(leg: &[Hit]) -> bool {
    let messages: HashSet<&MessageId> = leg.iter().map(|hit| &hit.message.message_id).collect();
    leg.len() >= LEG_LIMIT && messages.len() < LEG_MESSAGES
}
