//! From a question to `bot-queries`: the answer's place is fixed first (a placeholder, or a promise to an
//! interaction), then the query is published with what its answer may rest on. Everything that names the question is
//! made from Discord's own ids, so a second delivery of the same event, or a second instance, asks the same question
//! and posts nothing twice.
//!
//! Every way of asking ([`by_message`], [`by_command`]) passes the same [`gate`] and ends in the same
//! [`Desk::pose`].

mod accept;
mod archived;
mod asker;
mod by_command;
mod by_message;
mod direct;
mod gate;
mod history;
mod names;
mod narrow;
mod placeholder;
mod question;
mod readable;
mod recall;
mod remembered;
mod shared;
mod since;
mod thread;

use crate::{gateway::Link, quota::Quota, reply::UnderWay, rest::Rest};
use jiff::{Timestamp, tz::TimeZone};
use rtfm_shared::{bus::Bus, settings::Settings};
use std::{sync::Arc, time::Duration};
use tokio_util::task::TaskTracker;

pub(crate) use accept::{Accepted, accept, whisper};
pub(crate) use asker::{Asker, guild_asker, query_of_command, query_of_message};
pub(crate) use by_command::Wish;
pub(crate) use direct::Direct;
pub(crate) use narrow::Narrowing;
pub(crate) use placeholder::HINT;
pub(crate) use question::Question;
pub(crate) use readable::{SeenBy, scope};
pub(crate) use recall::{Asked, Usable, about, read_about, read_message, read_quote};
pub(crate) use shared::Shared;
pub(crate) use since::since;

/// Takes questions.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) rest: Arc<Rest>,
    pub(crate) bus: Arc<dyn Bus>,
    /// What servers decided.
    pub(crate) settings: Settings,
    pub(crate) shared: Arc<Shared>,
    pub(crate) under_way: Arc<UnderWay>,
    /// When this process began.
    pub(crate) began: Timestamp,
    /// Where the days of those who ask begin.
    pub(crate) time_zone: TimeZone,
    /// How long people wait.
    pub(crate) deadline: Duration,
    /// How much longer the bot waits before it says that no answer came.
    pub(crate) grace: Duration,
    /// How much may be asked.
    pub(crate) quota: Quota,
    /// Waits for answers; ends with the process.
    pub(crate) waits: TaskTracker,
    /// Which guilds are heard.
    pub(crate) link: Link,
}
