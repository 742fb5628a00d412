//! From a question to `bot-queries`: the answer's target is fixed first (a placeholder, or a deferred interaction),
//! then the query is published with what its answer may rest on. Every id of a question is made from Discord's own, so
//! a second delivery of an event, or a second instance, asks the same question and posts nothing twice.
//!
//! Every way of asking ([`by_message`], [`by_command`], [`direct`]) passes [`Admission`] and ends in
//! [`QuestionService::submit`].

mod archived;
mod asker;
mod by_command;
mod by_message;
mod direct;
mod history;
mod mutual;
mod names;
mod narrow;
mod placeholder;
mod question;
mod recall;
mod remembered;
mod scope;
mod since;
mod thread;

use crate::{admission::Admission, discord::rest::Rest, gateway::ShardStatus, reply::InFlightAnswers};
use jiff::{Timestamp, tz::TimeZone};
use rtfm_shared::{bus::Bus, settings::Settings};
use std::{sync::Arc, time::Duration};

pub(crate) use asker::{Asker, guild_asker, query_of_command, query_of_message};
pub(crate) use by_command::CommandQuestion;
pub(crate) use direct::DirectQuestion;
pub(crate) use mutual::MutualGuilds;
pub(crate) use narrow::Narrowing;
pub(crate) use placeholder::HINT;
pub(crate) use question::PendingQuestion;
pub(crate) use recall::{QuestionText, Usable, about, recall};
pub(crate) use scope::{SeenBy, scope};
pub(crate) use since::since;

/// Takes questions and publishes them as queries.
#[derive(Clone)]
pub(crate) struct QuestionService {
    pub(crate) rest: Arc<Rest>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) settings: Settings,
    pub(crate) admission: Admission,
    pub(crate) mutual_guilds: Arc<MutualGuilds>,
    pub(crate) in_flight: Arc<InFlightAnswers>,
    pub(crate) times: QuestionTimes,
    /// Which guilds this process receives events of.
    pub(crate) shards: ShardStatus,
}

/// When questions are asked, and how long people wait.
#[derive(Clone, Debug)]
pub(crate) struct QuestionTimes {
    /// When this process began.
    pub(crate) began: Timestamp,
    /// Where the days of `/ask since:` begin.
    pub(crate) time_zone: TimeZone,
    /// How long an answer may take.
    pub(crate) deadline: Duration,
    /// How much later the bot says that no answer came.
    pub(crate) grace: Duration,
}
