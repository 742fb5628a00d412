//! What was said while nobody listened: how far each channel has been heard ([`seen`]), and fetching what came after
//! it when the bot is back ([`gap`]), questions among it ([`late`]). What was edited and deleted meanwhile is found by
//! comparing ([`compare`]) with what is known to be remembered ([`recents`]). What was said while the bot was shut out
//! is passed over ([`view`]).

mod compare;
mod gap;
pub(crate) mod late;
mod recents;
mod seen;
mod view;

pub(crate) use compare::{Changed, Difference};
pub(crate) use gap::{Gaps, Missed, has_messages, readable, snowflake};
pub(crate) use seen::{Hold, Seen};
pub(crate) use view::{View, views};
