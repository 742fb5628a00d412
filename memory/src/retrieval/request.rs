//! The request and the result of one retrieval.

use super::{Confidence, Passage, Ranked};
use crate::store::Filter;
use rtfm_shared::event::{ChannelId, ChatMessage, MessageId, Query, QueryId};

/// One search: its text and what ranks its hits.
#[derive(Clone, Debug, Default)]
pub struct RetrievalRequest {
    /// The query's id, for logs.
    pub query_id: QueryId,
    /// The question alone; the judge compares the evidence with it.
    pub question: String,
    /// The text to search for.
    pub text: String,
    /// Whether `text` has more than the question: the question before it, or a linked message. Then one passage must
    /// cover the question's own terms, or the added text would answer for it.
    pub has_context: bool,
    /// The channel of the question; its messages are boosted.
    pub asked_in: ChannelId,
    /// Where the answer is likely to be; matching messages are boosted, others stay.
    pub preferred: Option<Filter>,
}

impl RetrievalRequest {
    /// The request for a query as it was asked.
    pub fn of(query: &Query) -> Self {
        let text = query.question.trim().to_owned();
        let (query_id, asked_in) = (query.query_id.clone(), query.channel_id.clone());
        Self { query_id, question: text.clone(), text, asked_in, ..Self::default() }
    }
}

/// The result of a retrieval.
#[derive(Debug, Default)]
pub struct RetrievalResult {
    /// The hits and their neighbours, best first.
    pub ranking: Vec<Ranked>,
    /// The best hits with the conversation around them, best first.
    pub passages: Vec<Passage>,
    /// How likely this answers the question.
    pub confidence: Confidence,
    /// Whether the dense leg is missing because the embedder was unavailable.
    pub words_only: bool,
}

/// The vector of a search text, or why there is none.
#[derive(Debug)]
pub enum QueryVector {
    /// The embedding of the search text.
    Made(Vec<f32>),
    /// The embedder failed or was too slow.
    Missing,
    /// No embedder is configured.
    Disabled,
}

impl RetrievalResult {
    /// Judges again by the messages inside `filter` alone: neighbours outside it give context, but do not answer a
    /// question about one time or person.
    pub(crate) fn judged_inside(mut self, question: &str, filter: &Filter) -> Self {
        let inside = |passage: &Passage| {
            let own = |message: &&ChatMessage| filter.matches(message);
            Passage { messages: passage.messages.iter().filter(own).cloned().collect(), ..passage.clone() }
        };
        let inside: Vec<Passage> = self.passages.iter().map(inside).collect();
        self.confidence = self.confidence.covered_by(question, &inside);
        self
    }

    /// Puts `first` in front; messages in both stay in `first` only.
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
