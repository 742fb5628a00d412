//! A question on its way: published with the place that becomes its answer, and waited for.

use super::{Asker, Narrowing, QuestionService, QuestionText, names, remembered::only_remembered};
use crate::{
    discord::{ids::ToEventId, model::Cache},
    publish::publish_until,
    reply::{ReplyExtras, ReplyTarget, TimeoutNotice, UNPUBLISHED, time_out, time_out_after},
};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    event::{self, Query, QueryId, Scope},
    telemetry::trace,
};
use tokio::time::Instant;

/// What is asked, by whom, and what its answer may rest on.
#[derive(Clone, Debug)]
pub(crate) struct PendingQuestion {
    pub(crate) id: QueryId,
    /// The message that asks, or the interaction.
    pub(crate) original: u64,
    pub(crate) asked: QuestionText,
    pub(crate) asker: Asker,
    pub(crate) scope: Vec<event::ChannelId>,
    /// How its answer looks; what was asked is added.
    pub(crate) extras: ReplyExtras,
    /// When the wait for an answer ends.
    pub(crate) until: Instant,
}

impl QuestionService {
    /// Publishes a question and waits in the background for its time to be over.
    pub(crate) async fn submit(&self, cache: &Cache, question: PendingQuestion, target: ReplyTarget) {
        let (id, until) = (question.id.clone(), question.until);
        self.in_flight.answer(&id).keep(&target);
        let scope = question.scope.len();
        let query = self.query(cache, question, &target);
        let notice = TimeoutNotice::of(&query);
        if let Err(error) = publish_until(&*self.bus, query, until).await {
            tracing::error!(query = %id, error, "failed to publish a question");
            return time_out(&self.rest, &self.in_flight, &id, &target, &notice, UNPUBLISHED).await;
        }
        metrics::counter!("rtfm_discord_questions_total").increment(1);
        tracing::info!(query = %id, channels = scope, "a question is asked");
        let after = until.saturating_duration_since(Instant::now()) + self.times.grace;
        let (rest, in_flight, cause) = (self.rest.clone(), self.in_flight.clone(), trace::current());
        tokio::spawn(time_out_after(rest, in_flight, id, target, notice, cause, after));
    }

    fn query(&self, cache: &Cache, question: PendingQuestion, target: &ReplyTarget) -> Query {
        let now = Timestamp::now();
        // The configuration allows ten minutes at most.
        let wait = SignedDuration::try_from(self.times.deadline).unwrap_or(SignedDuration::MAX);
        let PendingQuestion { asker, asked, .. } = question;
        let extras = ReplyExtras { narrowed: asked.narrowing.note(), asked: asked.shown, ..question.extras };
        let QuestionText { text, narrowing, mut mentions, mut history, .. } = asked;
        // Where the channel has viewers who cannot read its history, the answer must not use it either. A narrowed
        // question does not need it.
        let here = asker.channel.event_id();
        if !asker.is_direct && narrowing == Narrowing::default() && !question.scope.contains(&here) {
            history.clear();
        }
        let scope = only_remembered(&self.settings, cache, asker.guild, question.scope);
        // The bot's own mention has been removed from the text.
        mentions.retain(|mention| text.contains(&mention.shown));
        // Where a text is asked about as a whole, nothing in it says where to look.
        let verbatim = extras.about;
        if !verbatim {
            mentions.extend(names::channels(cache, asker.guild, &text, &scope));
        }
        // Discord does not send the language of a message's author; the server's is the best guess.
        let of_guild = || Some(cache.guild(asker.guild?)?.preferred_locale.clone());
        let locale = asker.locale.clone().or_else(of_guild).filter(|locale| !locale.is_empty());
        Query {
            query_id: question.id,
            original_message_id: question.original.into(),
            question: text,
            username: asker.name,
            user_id: asker.user.event_id(),
            channel_id: target.channel().get().into(),
            guild_id: asker.guild.map(|guild| guild.event_id()),
            timestamp: now,
            expires_at: now.checked_add(wait).ok(),
            scope: Some(Scope { channel_ids: scope, whole_guild: false }),
            authors: narrowing.author.iter().map(|author| author.event_id()).collect(),
            since: narrowing.since,
            locale,
            mentions,
            verbatim,
            history,
            reply: extras.put(target.reply_to()),
            ..Query::default()
        }
    }
}
