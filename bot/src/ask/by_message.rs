//! A question in a message: a placeholder replies to it and becomes the answer.

use super::{Asker, Desk, Narrowing, Question, asker, history, placeholder, readable};
use crate::reply::{Extras, Place};
use serenity::{cache::Cache, model::channel::Message};
use tokio::time::Instant;
use tracing::Span;

impl Desk {
    /// A question in a message.
    pub(crate) async fn by_message(&self, cache: &Cache, message: &Message, question: &str) {
        let until = Instant::now() + self.deadline;
        let id = asker::query_of_message(message.id);
        Span::current().record("query_id", &id.0);
        let asker = Asker::of_message(message);
        if let Err(refusal) = self.admit(cache, &asker) {
            tracing::info!(query = %id, %refusal, "a question is not taken");
            if !refusal.is_silent() {
                placeholder::refuse(&self.rest, message, &refusal.to_string(), until).await;
            }
            return;
        }
        if question.is_empty() {
            return placeholder::hint(&self.rest, message, until).await;
        }
        let Some(posted) = placeholder::post(&self.rest, message, until).await else { return };
        let narrowing = Narrowing::default();
        let scope = readable::scope(&self.rest, cache, &asker, readable::SeenBy::Channel, &narrowing);
        let (scope, history) = tokio::join!(scope, history::of(&self.rest, message));
        let question = Question {
            id,
            original: message.id.get(),
            text: readable::mentions_as_names(question, cache, message, asker.guild),
            scope,
            narrowing,
            history,
            extras: Extras { asker: Some(asker.user.get().into()), ..Extras::default() },
            until,
            asker,
        };
        self.pose(question, Place::Placeholder { channel: message.channel_id, message: posted }).await;
    }
}
