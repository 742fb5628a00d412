//! A question in a message: a placeholder replies to it, or begins a thread under it, and becomes the answer.

use super::{
    Asked, Asker, Desk, Direct, Narrowing, Question, asker,
    direct::Server,
    history, names,
    placeholder::{self, Posted},
    readable, thread,
};
use crate::{
    buttons::{From, guild_of},
    gateway::public_parent_of,
    reply::{Extras, Place},
};
use serenity::{
    cache::Cache,
    model::{channel::Message, id::ChannelId},
};
use tokio::time::Instant;
use tracing::Span;

const CLOSED: &str = "The thread for this answer is closed, so it stands here.";

/// Where an answer will stand.
struct Spot {
    channel: ChannelId,
    posted: Posted,
    note: Option<String>,
}

impl Desk {
    /// A question in a message.
    pub(crate) async fn by_message(&self, cache: &Cache, message: &Message, question: &str) {
        let until = Instant::now() + self.deadline;
        let id = asker::query_of_message(message.id);
        Span::current().record("query_id", &id.0);
        let asker = Asker::of_message(message);
        if let Err(refusal) = self.admit(cache, &asker, Some(&id).filter(|_| !question.is_empty())).await {
            tracing::info!(query = %id, %refusal, "a question is not taken");
            if !refusal.is_silent() {
                placeholder::refuse(self, message, &refusal.to_string(), until).await;
            }
            return;
        }
        if question.is_empty() {
            return placeholder::hint(self, message, until).await;
        }
        let text = readable::mentions_as_names(question, cache, message, asker.guild);
        let mentions = names::people(message);
        let Some(guild) = asker.guild else {
            let asked = Asked { text, mentions, ..Asked::default() };
            return self.by_direct_message(cache, message, asker, asked, until).await;
        };
        let Some(spot) = self.spot(cache, message, &text, until).await else { return };
        let Posted::Open(posted) = spot.posted else {
            return tracing::debug!(query = %id, "a question that is answered already");
        };
        let narrowing = Narrowing::default();
        let scope = readable::scope(self, cache, &asker, readable::SeenBy::Channel, &narrowing);
        let history = history::before(&self.rest, &self.settings, cache, message, Some(guild));
        let (scope, history) = tokio::join!(scope, history);
        let in_thread = spot.channel != message.channel_id;
        let parent =
            if in_thread { Some(message.channel_id) } else { public_parent_of(cache, guild, message.channel_id) };
        let extras = Extras {
            asker: Some(asker.user.get().into()),
            parent: parent.map(|parent| parent.get().into()),
            note: spot.note,
            ..Extras::default()
        };
        let original = message.id.get();
        let question = Question { id, original, text, scope, narrowing, mentions, history, extras, until, asker };
        self.pose(cache, question, Place::Placeholder { channel: spot.channel, message: posted }).await;
    }

    /// A question in a direct message: where it is asked decides whether there may be one more.
    async fn by_direct_message(&self, cache: &Cache, message: &Message, asker: Asker, asked: Asked, until: Instant) {
        let id = asker::query_of_message(message.id);
        // What is asked further is asked in the guild of the answer before.
        let before = message.referenced_message.as_deref().and_then(guild_of);
        let server = self.server(cache, asker, before).await;
        if let Server::Of(asker, _) = &server
            && let Err(refusal) = self.within_limits(cache, asker, &id)
        {
            tracing::info!(query = %id, %refusal, "a question is not taken");
            // Nobody else is bothered by it, so it is said each time.
            return placeholder::refuse(self, message, &refusal.to_string(), until).await;
        }
        let posted = match placeholder::post(self, message, message.channel_id, until).await {
            Ok(Posted::Open(posted)) => posted,
            Ok(Posted::Answered) => return tracing::debug!(query = %id, "a question that is answered already"),
            Err(error) => return placeholder::unsaid(message, &error),
        };
        let history = history::before(&self.rest, &self.settings, cache, message, None).await;
        let direct = Direct {
            id,
            from: From::Message,
            original: message.id.get(),
            asked: Asked { history, ..asked },
            place: Place::Placeholder { channel: message.channel_id, message: posted },
            private: false,
            until,
        };
        self.ask_there(cache, direct, server).await;
    }

    /// Puts the placeholder where the answer is to stand; none, with the reason logged, when it can stand nowhere.
    async fn spot(&self, cache: &Cache, message: &Message, question: &str, until: Instant) -> Option<Spot> {
        let mut note = None;
        if let Some(channel) = self.thread_for(cache, message, question, until).await {
            match placeholder::post(self, message, channel, until).await {
                Ok(posted) => return Some(Spot { channel, posted, note }),
                Err(error) if thread::is_closed(&error) => {
                    tracing::info!(thread = %channel, %error, "a thread takes no answer, so it stands in the channel");
                    note = Some(CLOSED.to_owned());
                }
                Err(error) => {
                    placeholder::unsaid(message, &error);
                    return None;
                }
            }
        }
        let channel = message.channel_id;
        match placeholder::post(self, message, channel, until).await {
            Ok(posted) => Some(Spot { channel, posted, note }),
            Err(error) => {
                placeholder::unsaid(message, &error);
                None
            }
        }
    }
}
