//! From a question to `bot-queries`: the answer's place is fixed first (a placeholder, or a deferred
//! command), then the query is published with what its answer may rest on. Everything that names the
//! question is made from Discord's own ids, so a second delivery of the same event, or a second instance,
//! asks the same question and posts nothing twice.

mod accept;
mod history;
mod placeholder;
mod readable;
mod remembered;

use crate::{
    gateway::topology,
    publish::SOURCE,
    quota::{Asking, Quota},
    reply::{ASKED, Place, UNHEARD, UnderWay, give_up, say_when_over},
    rest::{Rest, retries},
};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    bus::Bus,
    event::{self, Envelope, Query, QueryId, ReplyTo, Scope, Turn},
    resilience::{Class, Classify},
    settings::Settings,
    telemetry::trace,
};
use serenity::{
    cache::Cache,
    model::{application::CommandInteraction, channel::Message},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Span;

pub(crate) use placeholder::HINT;

/// Takes questions.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) rest: Arc<Rest>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) under_way: Arc<UnderWay>,
    /// How long people wait.
    pub(crate) deadline: Duration,
    /// How much longer the bot waits before it says that no answer came.
    pub(crate) grace: Duration,
    /// What servers decided.
    pub(crate) settings: Settings,
    /// How much may be asked.
    pub(crate) quota: Quota,
    /// Waits for answers; ends with the process.
    pub(crate) waits: TaskTracker,
}

impl Desk {
    /// A question in a message.
    pub(crate) async fn by_message(&self, cache: &Cache, message: &Message, question: &str) {
        let until = Instant::now() + self.deadline;
        let query_id = format!("discord-message-{}", message.id);
        Span::current().record("query_id", &query_id);
        if question.is_empty() {
            return placeholder::hint(&self.rest, message, until).await;
        }
        let roles = message.member.as_ref().map(|member| member.roles.as_slice());
        let id = QueryId(query_id.clone());
        let asking = Asking { query: &id, guild: message.guild_id, user: message.author.id, roles };
        if let Err(over) = self.quota.take(cache, &asking) {
            if self.quota.is_to_be_told(&asking) {
                placeholder::refuse(&self.rest, message, &over.to_string(), until).await;
            }
            return;
        }
        let Some(posted) = placeholder::post(&self.rest, message, until).await else { return };
        let asker = readable::author(message);
        let scope = readable::scope(&self.rest, cache, message.guild_id, message.channel_id, asker);
        let (scope, mut history) = tokio::join!(scope, history::of(&self.rest, message));
        // Where somebody reads along who may not read what was said there before, neither does the answer.
        if message.guild_id.is_some() && !scope.contains(&message.channel_id.get().into()) {
            history.clear();
        }
        let scope = remembered::only_remembered(&self.settings, cache, message.guild_id, scope);
        let query = Query {
            query_id: QueryId(query_id),
            original_message_id: message.id.get().into(),
            question: readable::mentions_as_names(question, cache, message),
            username: crate::gateway::name_of(
                &message.author,
                message.member.as_deref().and_then(|m| m.nick.as_deref()),
            ),
            user_id: message.author.id.get().into(),
            reply: ReplyTo { placeholder_id: Some(posted.get().into()), ..ReplyTo::default() },
            ..self.query(message.channel_id.get(), message.guild_id.map(Into::into), scope, history)
        };
        let place = Place::Placeholder { channel: message.channel_id, message: posted };
        self.ask(query, place, until).await;
    }

    /// A question in a command.
    pub(crate) async fn by_command(&self, cache: &Cache, command: &CommandInteraction, question: &str) {
        let until = Instant::now() + self.deadline;
        let query_id = format!("discord-command-{}", command.id);
        Span::current().record("query_id", &query_id);
        let roles = command.member.as_ref().map(|member| member.roles.as_slice());
        let id = QueryId(query_id.clone());
        let asking = Asking { query: &id, guild: command.guild_id, user: command.user.id, roles };
        if let Err(over) = self.quota.take(cache, &asking) {
            if let Err(error) = self.rest.whisper(command, &over.to_string()).await {
                tracing::warn!(interaction = %command.id, %error, "cannot answer a command");
            }
            return;
        }
        if let Err(error) = accept::accept(&self.rest, command).await {
            return tracing::warn!(interaction = %command.id, %error, "cannot accept a command");
        }
        let asker = command.member.as_deref().map(topology::person);
        let scope = readable::scope(&self.rest, cache, command.guild_id, command.channel_id, asker).await;
        let scope = remembered::only_remembered(&self.settings, cache, command.guild_id, scope);
        let mut reply = ReplyTo {
            application_id: Some(command.application_id.to_string()),
            interaction_token: Some(command.token.clone()),
            ..ReplyTo::default()
        };
        // Discord shows who used the command and not what was asked: the answer repeats it.
        reply.other.insert(ASKED.to_owned(), question.into());
        let nick = command.member.as_ref().and_then(|member| member.nick.as_deref());
        let query = Query {
            query_id: QueryId(query_id),
            original_message_id: command.id.get().into(),
            question: question.to_owned(),
            username: crate::gateway::name_of(&command.user, nick),
            user_id: command.user.id.get().into(),
            reply,
            ..self.query(command.channel_id.get(), command.guild_id.map(Into::into), scope, Vec::new())
        };
        let place = Place::Interaction {
            channel: command.channel_id,
            application: command.application_id,
            token: command.token.clone(),
        };
        self.ask(query, place, until).await;
    }

    fn query(&self, channel: u64, guild: Option<u64>, scope: Vec<event::ChannelId>, history: Vec<Turn>) -> Query {
        let now = Timestamp::now();
        let wait = SignedDuration::try_from(self.deadline).unwrap_or(SignedDuration::from_secs(60));
        Query {
            channel_id: channel.into(),
            guild_id: guild.map(Into::into),
            timestamp: now,
            expires_at: now.checked_add(wait).ok(),
            scope: Some(Scope { channel_ids: scope, whole_guild: false }),
            history,
            ..Query::default()
        }
    }

    /// Publishes the query and waits in the background for its time to be over.
    async fn ask(&self, query: Query, place: Place, until: Instant) {
        let id = query.query_id.clone();
        self.under_way.answer(&id).keep(&place);
        let scope = query.scope.as_ref().map_or(0, |scope| scope.channel_ids.len());
        if let Err(error) = self.publish(query, until).await {
            tracing::error!(query = %id, error, "a question cannot be passed on");
            return give_up(&self.rest, &self.under_way, &id, &place, UNHEARD).await;
        }
        metrics::counter!("rtfm_discord_questions_total").increment(1);
        tracing::info!(query = %id, channels = scope, "a question is asked");
        let after = until.saturating_duration_since(Instant::now()) + self.grace;
        let (rest, under_way, cause) = (self.rest.clone(), self.under_way.clone(), trace::current());
        self.waits.spawn(say_when_over(rest, under_way, id, place, cause, after));
    }

    async fn publish(&self, query: Query, until: Instant) -> Result<(), String> {
        let record =
            Envelope::new(query, SOURCE).caused_by(trace::current()).encode().map_err(|error| error.to_string())?;
        let mut delays = retries();
        loop {
            let error = match tokio::time::timeout_at(until, self.bus.publish(record.clone())).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => return Err("the bus did not take it in time".to_owned()),
            };
            let delay = delays.next().unwrap_or_default();
            if error.class() == Class::Permanent || Instant::now() + delay >= until {
                return Err(error.to_string());
            }
            tokio::time::sleep(delay).await;
        }
    }
}
