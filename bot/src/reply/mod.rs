//! Answers out: where one goes ([`target`]), how it looks ([`render`] with [`cite`] and [`split`], and [`rows`] of
//! [`button`]s), how it gets there ([`deliver`]), what is shown before it comes ([`partial`]) and when it never comes
//! ([`timeout`]). [`in_flight`] keeps this instance's edits of one placeholder in order.

mod button;
mod citations;
mod cite;
mod deliver;
mod extras;
mod in_flight;
mod partial;
mod render;
mod rows;
mod split;
mod target;
mod timeout;

pub(crate) use button::{AnswerParts, Button, QuestionSource, Regenerate, buttons, guild_of};
pub(crate) use citations::{Citation, citations};
pub(crate) use deliver::Delivery;
pub(crate) use extras::ReplyExtras;
pub(crate) use in_flight::{InFlightAnswers, SEARCHING, is_open};
pub(crate) use partial::PartialAnswers;
pub(crate) use render::{LONGEST_QUESTION, SOURCES_HEADING, head};
pub(crate) use rows::which_server;
pub(crate) use split::{LIMIT, split};
pub(crate) use target::ReplyTarget;
pub(crate) use timeout::{TimeoutNotice, UNPUBLISHED, time_out, time_out_after};
