//! What is asked of the memory, and what comes back.

use super::{Confidence, Passage, Ranked};
use crate::store::Filter;
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId, Query, QueryId};

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct RetrievalRequest {
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

impl RetrievalRequest {
    /// What a query looks for, before anything is known of what it means.
    pub fn of(query: &Query) -> Self {
        let text = query.question.trim().to_owned();
        let (query_id, place) = (query.query_id.clone(), query.channel_id.clone());
        Self { query_id, question: text.clone(), text, place, ..Self::default() }
    }
}

/// What retrieval found.
#[derive(Debug, Default)]
pub struct RetrievalResult {
    /// The messages found, best first.
    pub ranking: Vec<Ranked>,
    /// The best of them in their conversations, best first.
    pub passages: Vec<Passage>,
    /// How well that fits the question.
    pub confidence: Confidence,
    /// Whether the embedder was away, so that only words were searched.
    pub words_only: bool,
}

/// A question's vector, or why there is none.
#[derive(Debug)]
pub enum QueryVector {
    /// Here it is.
    Made(Vec<f32>),
    /// There should be one.
    Missing,
    /// Nobody makes vectors here.
    NotWanted,
}

impl RetrievalResult {
    /// The same, judged also by what it was found for alone: what stands around the hits helps to understand them, and
    /// is no answer to a question about one time or person.
    pub(crate) fn judged_inside(mut self, question: &str, filter: &Filter) -> Self {
        let inside = |passage: &Passage| {
            let own = |message: &&ChatMessage| filter.lets_through(message);
            Passage { messages: passage.messages.iter().filter(own).cloned().collect(), ..passage.clone() }
        };
        let inside: Vec<Passage> = self.passages.iter().map(inside).collect();
        self.confidence = self.confidence.covered_by(question, &inside);
        self
    }

    /// The same after what was found otherwise; what stands in both is read once.
    pub(crate) fn after(mut self, first: Self) -> Self {
        let ids: Vec<&MessageId> =
            first.passages.iter().flat_map(|passage| &passage.messages).map(|m| &m.message_id).collect();
        self.passages.retain(|passage| passage.messages.iter().all(|message| !ids.contains(&&message.message_id)));
        self.ranking.retain(|ranked| !ids.contains(&&ranked.message.message_id));
        let confidence = if first.confidence.suffices { first.confidence } else { self.confidence };
        Self {
            ranking: first.ranking.into_iter().chain(self.ranking).collect(),
            passages: first.passages.into_iter().chain(self.passages).collect(),
            confidence,
            words_only: self.words_only || first.words_only,
        }
    }
}
