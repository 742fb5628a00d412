//! A question in a command: the response is deferred, and then becomes the answer.

use super::{
    Asker, DirectQuestion, Narrowing, PendingQuestion, QuestionService, QuestionText, query_of_command,
    scope::{self, SeenBy},
};
use crate::{
    discord::{
        accept::{accept, reply_privately},
        ids::ToEventId,
        model::{Cache, CommandInteraction},
        rest::{Ack, InteractionRef},
    },
    reply::{QuestionSource, ReplyExtras, ReplyTarget},
};
use rtfm_shared::event::ChannelId;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tracing::Span;

/// Time to check whether a channel may be asked about, which leaves time to answer within Discord's three seconds.
const ACCESS_TIMEOUT: Duration = Duration::from_millis(1500);

/// What a command asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandQuestion {
    pub(crate) asked: QuestionText,
    /// The message that it is about; the answer never rests on that one.
    pub(crate) about: Option<u64>,
    /// Whether the asker alone sees the answer.
    pub(crate) private: bool,
}

fn target(command: &CommandInteraction, private: bool) -> ReplyTarget {
    ReplyTarget::Interaction {
        channel: command.channel_id,
        application: command.application_id,
        token: command.token.clone(),
        private,
    }
}

impl QuestionService {
    /// A question in a command.
    pub(crate) async fn by_command(&self, cache: &Cache, command: &CommandInteraction, wish: CommandQuestion) {
        let until = Instant::now() + self.times.deadline;
        let id = query_of_command(command.id.get());
        Span::current().record("query_id", &id.0);
        let (asker, ticket) = (Asker::of_command(command), InteractionRef::from(command));
        // It counts when nothing else is against it.
        if let Err(refusal) = self.admission.admit(cache, &asker.request(None)).await {
            tracing::info!(query = %id, %refusal, "question not admitted");
            return reply_privately(&self.rest, ticket, &refusal.to_string()).await;
        }
        let seen_by = if wish.private { SeenBy::Asker } else { SeenBy::Channel };
        let known = match self.narrowed(cache, &asker, seen_by, &wish.asked.narrowing).await {
            Ok(known) => known,
            Err(words) => return reply_privately(&self.rest, ticket, &words).await,
        };
        if let Err(refusal) = self.admission.within_limits(cache, &asker.request(Some(&id))) {
            tracing::info!(query = %id, %refusal, "question not admitted");
            return reply_privately(&self.rest, ticket, &refusal.to_string()).await;
        }
        let ack = if wish.private { Ack::DeferPrivately } else { Ack::Defer };
        // Another instance that was first asks the same question, so that asking it too changes nothing.
        if let Err(error) = accept(&self.rest, ticket, &ack).await {
            return tracing::warn!(interaction = %command.id, %error, "failed to accept a command");
        }
        let (target, original) = (target(command, wish.private), wish.about.unwrap_or(command.id.get()));
        if asker.is_direct {
            let from = if wish.about.is_some() { QuestionSource::About } else { QuestionSource::Quote };
            let (asked, private) = (wish.asked, wish.private);
            let direct = DirectQuestion { id, from, original, asked, target, private, until };
            return self.ask_directly(cache, asker, direct, None).await;
        }
        let scope = match known {
            Some(scope) => scope,
            None => scope::scope(self, cache, &asker, seen_by, &wish.asked.narrowing).await,
        };
        let extras = ReplyExtras {
            private: wish.private,
            about: wish.about.is_some(),
            asker: Some(asker.user.event_id()),
            ..ReplyExtras::default()
        };
        let question = PendingQuestion { id, original, asked: wish.asked, asker, scope, extras, until };
        self.submit(cache, question, target).await;
    }

    /// What a question about one channel may rest on, or why it may not be asked; none when it is about no channel
    /// in particular. This is checked before the answer is deferred: only then can the refusal be private.
    async fn narrowed(
        &self,
        cache: &Cache,
        asker: &Asker,
        seen_by: SeenBy,
        narrowing: &Narrowing,
    ) -> Result<Option<Vec<ChannelId>>, String> {
        let Some(channel) = narrowing.channel else { return Ok(None) };
        let own = scope::scope(self, cache, asker, SeenBy::Asker, narrowing);
        let all = scope::scope(self, cache, asker, seen_by, narrowing);
        let Ok((own, all)) = timeout(ACCESS_TIMEOUT, async { tokio::join!(own, all) }).await else {
            return Err(format!("I could not check who may read <#{channel}>. Please ask again in a moment."));
        };
        match (own.is_empty(), all.is_empty()) {
            (true, _) => Err(format!(
                "I can answer about <#{channel}> only if both of us can read it. Please choose another channel."
            )),
            (_, true) => Err(format!(
                "Not everyone who sees this channel can read <#{channel}>, so I cannot answer about it here. \
                 Use `private: True` for an answer that only you see."
            )),
            _ => Ok(Some(all)),
        }
    }
}
