//! Finding without words: what was said last in a stretch of time or by somebody, and messages that are linked to.

use crate::retrieval::{
    Confidence, Ranked, RetrievalResult, Retriever,
    expand::{ConversationWindows, passages},
};
use crate::store::{Filter, StoreError};
use jiff::Timestamp;
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::HashMap;

/// Messages that are looked through for those worth reading: the newest of the filter.
const LOOKED_THROUGH: usize = 1_000;
/// Messages that are given, as many as a search gives to be read.
const GIVEN: usize = 10;
/// How often the filter is halved at the most: a thousand million messages become a few.
const HALVINGS: usize = 24;
/// A message with fewer characters seldom says anything by itself.
const SHORT: usize = 12;
/// What each answer to a message counts, as new as the message itself may be.
const REPLY: f64 = 0.25;

impl Retriever {
    /// The newest messages inside the filter, those first that others replied to.
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
                let says = if message.content.chars().count() < SHORT { 0.2 } else { 1.0 };
                Ranked::neighbour(message.clone(), says * (f64::from(place + 1) / all + REPLY * replies as f64))
            })
            .collect();
        ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranking.truncate(GIVEN);
        self.read(ranking, &filter).await
    }

    /// Up to so many of the newest messages inside the filter, oldest first. A store gives them by age, so the filter is
    /// halved from its old end until few are left.
    async fn newest(&self, filter: &Filter) -> Result<Vec<ChatMessage>, StoreError> {
        let mut filter = filter.clone();
        let end = filter.until.unwrap_or_else(Timestamp::now).as_second();
        // Before Discord began, nothing was said.
        let mut begin = filter.since.map_or(1_420_070_400, |since| since.as_second()).min(end);
        for _ in 0..HALVINGS {
            if self.store.count(&filter).await? <= LOOKED_THROUGH as u64 {
                break;
            }
            let middle = begin + (end - begin) / 2;
            let half = Filter { since: filter.since.max(Timestamp::from_second(middle).ok()), ..filter.clone() };
            if middle == begin || self.store.count(&half).await? == 0 {
                break;
            }
            (begin, filter) = (middle, half);
        }
        self.store.scroll(&filter, None, LOOKED_THROUGH).await
    }

    /// Those of these messages that are inside the filter, with what stands around them.
    pub(crate) async fn linked(&self, ids: &[MessageId], filter: &Filter) -> Result<RetrievalResult, StoreError> {
        if ids.is_empty() {
            return Ok(RetrievalResult::default());
        }
        let filter = self.policy.narrow(filter.clone());
        let messages = self.store.get(ids).await?;
        let may = |message: &&ChatMessage| filter.matches(message) && self.policy.admits(message);
        let ranking = messages.iter().filter(may).map(|message| Ranked::neighbour(message.clone(), 1.0)).collect();
        self.read(ranking, &filter).await
    }

    /// Messages that need no judgement, in their conversations.
    async fn read(&self, ranking: Vec<Ranked>, filter: &Filter) -> Result<RetrievalResult, StoreError> {
        let stretches = ConversationWindows::around(&*self.store, filter, &self.policy, &ranking).await?;
        let passages = passages(&ranking, &stretches);
        let confidence = Confidence::given(!ranking.is_empty());
        Ok(RetrievalResult { ranking, passages, confidence, words_only: false })
    }
}
