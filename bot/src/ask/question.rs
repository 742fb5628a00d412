//! A question on its way: published with the place that becomes its answer, and waited for.

use super::{Asker, Desk, names, narrow::Narrowing, remembered::only_remembered};
use crate::{
    publish::publish_until,
    reply::{End, Extras, Place, UNHEARD, give_up, say_when_over},
};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    event::{self, Mention, Query, QueryId, Scope, Turn},
    telemetry::trace,
};
use serenity::cache::Cache;
use tokio::time::Instant;

/// What is asked, by whom, and what its answer may rest on.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: QueryId,
    /// The message that asks, or the interaction.
    pub(crate) original: u64,
    pub(crate) text: String,
    pub(crate) asker: Asker,
    pub(crate) scope: Vec<event::ChannelId>,
    pub(crate) narrowing: Narrowing,
    /// The people whom the text names.
    pub(crate) mentions: Vec<Mention>,
    pub(crate) history: Vec<Turn>,
    /// How its answer looks.
    pub(crate) extras: Extras,
    /// When nobody waits any more.
    pub(crate) until: Instant,
}

impl Desk {
    /// Publishes a question and waits in the background for its time to be over.
    pub(crate) async fn pose(&self, cache: &Cache, question: Question, place: Place) {
        let (id, until) = (question.id.clone(), question.until);
        self.under_way.answer(&id).keep(&place);
        let scope = question.scope.len();
        let query = self.query(cache, question, &place);
        let end = End::of(&query);
        if let Err(error) = publish_until(&*self.bus, query, until).await {
            tracing::error!(query = %id, error, "a question cannot be passed on");
            return give_up(&self.rest, &self.under_way, &id, &place, &end, UNHEARD).await;
        }
        metrics::counter!("rtfm_discord_questions_total").increment(1);
        tracing::info!(query = %id, channels = scope, "a question is asked");
        let after = until.saturating_duration_since(Instant::now()) + self.grace;
        let (rest, under_way, cause) = (self.rest.clone(), self.under_way.clone(), trace::current());
        self.waits.spawn(say_when_over(rest, under_way, id, place, end, cause, after));
    }

    fn query(&self, cache: &Cache, question: Question, place: &Place) -> Query {
        let now = Timestamp::now();
        let wait = SignedDuration::try_from(self.deadline).unwrap_or(SignedDuration::from_secs(60));
        let Question { asker, narrowing, mut mentions, mut history, .. } = question;
        // Where somebody reads along who may not read what was said there before, neither does the answer. What it is
        // narrowed to takes nothing from what was said.
        let here = asker.channel.get().into();
        if !asker.is_direct && narrowing == Narrowing::default() && !question.scope.contains(&here) {
            history.clear();
        }
        let scope = only_remembered(&self.settings, cache, asker.guild, question.scope);
        // The bot's own mention is no part of the text any more.
        mentions.retain(|mention| question.text.contains(&mention.shown));
        // Where a text is asked about as a whole, nothing in it says where to look.
        let verbatim = question.extras.about;
        if !verbatim {
            mentions.extend(names::channels(cache, asker.guild, &question.text, &scope));
        }
        // Of a message nobody knows the writer's language; the server's is the best guess.
        let of_guild = || Some(cache.guild(asker.guild?)?.preferred_locale.clone());
        let locale = asker.locale.clone().or_else(of_guild).filter(|locale| !locale.is_empty());
        Query {
            query_id: question.id,
            original_message_id: question.original.into(),
            question: question.text,
            username: asker.name,
            user_id: asker.user.get().into(),
            channel_id: place.channel().get().into(),
            guild_id: asker.guild.map(|guild| guild.get().into()),
            timestamp: now,
            expires_at: now.checked_add(wait).ok(),
            scope: Some(Scope { channel_ids: scope, whole_guild: false }),
            authors: narrowing.author.iter().map(|author| author.get().into()).collect(),
            since: narrowing.since,
            locale,
            mentions,
            verbatim,
            history,
            reply: question.extras.put(place.reply_to()),
            ..Query::default()
        }
    }
}
