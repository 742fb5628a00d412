//! What was said while nobody listened: how far each channel has been heard ([`seen`]), and fetching what came after
//! it when the bot is back ([`gap`]), questions among it ([`late`]).

mod gap;
pub(crate) mod late;
mod seen;

pub(crate) use gap::{Gaps, Missed, has_messages, readable, snowflake};
pub(crate) use seen::{Hold, Seen};
