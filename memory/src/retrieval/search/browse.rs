//! Retrieval without a search text: the newest messages inside a filter, and linked messages.

use crate::{
    retrieval::{
        Confidence, Ranked, RetrievalResult, Retriever,
        expand::{ConversationWindows, passages},
    },
    store::{Filter, StoreError},
};
use jiff::Timestamp;
use rtfm_shared::event::{ChatMessage, MessageId, snowflake};
use std::collections::HashMap;

/// The newest messages of a filter that are considered.
const MAX_SCANNED: usize = 1_000;
/// Messages in a result, as many as a search's passages.
const MAX_RESULTS: usize = 10;
/// The most halvings of the filter's time range; 24 narrow twelve years to under a minute.
const MAX_HALVINGS: usize = 24;
/// A message with fewer characters is seldom informative and scores less.
const SHORT: usize = 12;
/// The score of each reply to a message; the newest message scores 1 for its age.
const REPLY: f64 = 0.25;

impl Retriever {
    /// The newest messages inside the filter, with those that got replies first.
    pub(crate) async fn browse(&self, filter: &Filter) -> Result<RetrievalResult, StoreError> {
        let filter = self.policy.narrow(filter.clone());
        let newest = self.newest(&filter).await?;
        let mut replies: HashMap<&MessageId, usize> = HashMap::new();
        for reply in newest.iter().filter_map(|message| message.reply_to.as_ref()) {
            *replies.entry(reply).or_default() += 1;
        }
        let all = newest.len().max(1) as f64;
        let mut ranking: Vec<Ranked> = (0..)
            .zip(&newest)
            .filter(|(_, message)| self.policy.admits(message))
            .map(|(place, message): (u32, _)| {
                let replies = replies.get(&message.message_id).copied().unwrap_or_default();
                let weight = if message.content.chars().count() < SHORT { 0.2 } else { 1.0 };
                Ranked::neighbour(message.clone(), weight * (f64::from(place + 1) / all + REPLY * replies as f64))
            })
            .collect();
        ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranking.truncate(MAX_RESULTS);
        self.unjudged(ranking, &filter).await
    }

    /// The newest messages inside the filter, oldest first. Stores scroll from the oldest, so the older half of the
    /// filter's time range is dropped until few messages are left.
    async fn newest(&self, filter: &Filter) -> Result<Vec<ChatMessage>, StoreError> {
        let mut filter = filter.clone();
        let end = filter.until.unwrap_or_else(Timestamp::now).as_second();
        // No message is older than Discord's epoch.
        let begin = filter.since.unwrap_or_else(|| snowflake::created_at(0));
        let mut begin = begin.as_second().min(end);
        for _ in 0..MAX_HALVINGS {
            if self.store.count(&filter).await? <= MAX_SCANNED as u64 {
                break;
            }
            let middle = begin + (end - begin) / 2;
            let half = Filter { since: filter.since.max(Timestamp::from_second(middle).ok()), ..filter.clone() };
            if middle == begin || self.store.count(&half).await? == 0 {
                break;
            }
            (begin, filter) = (middle, half);
        }
        self.store.scroll(&filter, None, MAX_SCANNED).await
    }

    /// The linked messages inside the filter, in their conversations.
    pub(crate) async fn linked(&self, ids: &[MessageId], filter: &Filter) -> Result<RetrievalResult, StoreError> {
        if ids.is_empty() {
            return Ok(RetrievalResult::default());
        }
        let visible = self.visible(ids, filter).await?;
        let ranking = visible.into_iter().map(|message| Ranked::neighbour(message, 1.0)).collect();
        self.unjudged(ranking, &self.policy.narrow(filter.clone())).await
    }

    /// The stored messages among these ids that are inside the filter.
    pub(crate) async fn visible(&self, ids: &[MessageId], filter: &Filter) -> Result<Vec<ChatMessage>, StoreError> {
        let filter = self.policy.narrow(filter.clone());
        let mut messages = self.store.get(ids).await?;
        messages.retain(|message| filter.matches(message) && self.policy.admits(message));
        Ok(messages)
    }

    /// A result that needs no judgement: these messages in their conversations.
    async fn unjudged(&self, ranking: Vec<Ranked>, filter: &Filter) -> Result<RetrievalResult, StoreError> {
        let windows = ConversationWindows::around(&*self.store, filter, &self.policy, &ranking).await?;
        let passages = passages(&ranking, &windows);
        let confidence = Confidence::certain_if(!ranking.is_empty());
        Ok(RetrievalResult { ranking, passages, confidence, words_only: false })
    }
}
