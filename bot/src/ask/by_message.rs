//! A question in a message: a placeholder replies to it, or begins a thread under it, and becomes the answer.

use super::{
    Asker, DirectQuestion, PendingQuestion, QuestionService, QuestionText, asker,
    direct::TargetGuild,
    history, names,
    placeholder::{self, Posted},
    scope, thread,
};
use crate::{
    discord::{
        channels::public_parent_of,
        ids::ToEventId,
        model::{Cache, ChannelId, Message},
    },
    reply::{QuestionSource, ReplyExtras, ReplyTarget, guild_of},
};
use tokio::time::Instant;
use tracing::Span;

const CLOSED: &str = "The thread for this answer is closed, so I answered here.";

/// The posted placeholder, and a note for the answer in it.
struct PostedPlaceholder {
    channel: ChannelId,
    posted: Posted,
    note: Option<String>,
}

impl QuestionService {
    /// A question in a message.
    pub(crate) async fn by_message(&self, cache: &Cache, message: &Message, question: &str) {
        let until = Instant::now() + self.times.deadline;
        let id = asker::query_of_message(message.id);
        Span::current().record("query_id", &id.0);
        let asker = Asker::of_message(message);
        if let Err(refusal) =
            self.admission.admit(cache, &asker.request(Some(&id).filter(|_| !question.is_empty()))).await
        {
            tracing::info!(query = %id, %refusal, "question not admitted");
            if !refusal.is_silent() {
                placeholder::refuse(self, message, &refusal.to_string(), until).await;
            }
            return;
        }
        if question.is_empty() {
            return placeholder::hint(self, message, until).await;
        }
        let text = scope::mentions_as_names(question, cache, message, asker.guild);
        let asked = QuestionText { text, mentions: names::people(message), ..QuestionText::default() };
        let Some(guild) = asker.guild else {
            return self.by_direct_message(cache, message, asker, asked, until).await;
        };
        let Some(placeholder) = self.post_placeholder(cache, message, &asked.text, until).await else { return };
        let Posted::Open(posted) = placeholder.posted else {
            return tracing::debug!(query = %id, "question already answered");
        };
        let scope = scope::scope(self, cache, &asker, scope::SeenBy::Channel, &asked.narrowing);
        let history = history::before(&self.rest, &self.settings, cache, message, Some(guild));
        let (scope, history) = tokio::join!(scope, history);
        let in_thread = placeholder.channel != message.channel_id;
        let parent =
            if in_thread { Some(message.channel_id) } else { public_parent_of(cache, guild, message.channel_id) };
        let extras = ReplyExtras {
            asker: Some(asker.user.event_id()),
            parent: parent.map(|parent| parent.event_id()),
            note: placeholder.note,
            ..ReplyExtras::default()
        };
        let asked = QuestionText { history, ..asked };
        let question = PendingQuestion { id, original: message.id.get(), asked, asker, scope, extras, until };
        self.submit(cache, question, ReplyTarget::Placeholder { channel: placeholder.channel, message: posted }).await;
    }

    /// A question in a direct message: where it is asked decides whether there may be one more.
    async fn by_direct_message(
        &self,
        cache: &Cache,
        message: &Message,
        asker: Asker,
        asked: QuestionText,
        until: Instant,
    ) {
        let id = asker::query_of_message(message.id);
        // What is asked further is asked in the guild of the answer before.
        let before = message.referenced_message.as_deref().and_then(guild_of);
        let server = self.server(cache, asker, before).await;
        if let TargetGuild::Of(asker, _) = &server
            && let Err(refusal) = self.admission.within_limits(cache, &asker.request(Some(&id)))
        {
            tracing::info!(query = %id, %refusal, "question not admitted");
            // In a direct message it disturbs no others, so every question gets it.
            return placeholder::refuse(self, message, &refusal.to_string(), until).await;
        }
        let posted = match placeholder::post(self, message, message.channel_id, until).await {
            Ok(Posted::Open(posted)) => posted,
            Ok(Posted::Answered) => return tracing::debug!(query = %id, "question already answered"),
            Err(error) => return placeholder::log_failure(message, &error),
        };
        let history = history::before(&self.rest, &self.settings, cache, message, None).await;
        let direct = DirectQuestion {
            id,
            from: QuestionSource::Message,
            original: message.id.get(),
            asked: QuestionText { history, ..asked },
            target: ReplyTarget::Placeholder { channel: message.channel_id, message: posted },
            private: false,
            until,
        };
        self.ask_there(cache, direct, server).await;
    }

    /// Posts the placeholder, in a thread if the server wants that; none, with the reason logged, when it cannot be
    /// posted.
    async fn post_placeholder(
        &self,
        cache: &Cache,
        message: &Message,
        question: &str,
        until: Instant,
    ) -> Option<PostedPlaceholder> {
        let mut note = None;
        if let Some(channel) = self.thread_for(cache, message, question, until).await {
            match placeholder::post(self, message, channel, until).await {
                Ok(posted) => return Some(PostedPlaceholder { channel, posted, note }),
                Err(error) if thread::is_closed(&error) => {
                    tracing::info!(thread = %channel, %error, "failed to post in a thread, answering in the channel");
                    note = Some(CLOSED.to_owned());
                }
                Err(error) => {
                    placeholder::log_failure(message, &error);
                    return None;
                }
            }
        }
        let channel = message.channel_id;
        match placeholder::post(self, message, channel, until).await {
            Ok(posted) => Some(PostedPlaceholder { channel, posted, note }),
            Err(error) => {
                placeholder::log_failure(message, &error);
                None
            }
        }
    }
}
