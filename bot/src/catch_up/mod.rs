//! What the gateway did not deliver: messages written while the bot was away ([`gap`]) with the questions among them
//! ([`late`]), edits and deletions made meanwhile, found by comparing ([`compare`]), channels that were hidden from the
//! bot ([`hidden`]), and what was written before it came ([`backfill`]). All read through one [`reader`].

pub(crate) mod backfill;
mod compare;
mod gap;
mod hidden;
pub(crate) mod late;
mod reader;

pub(crate) use compare::{Difference, MissedChange};
pub(crate) use gap::{CatchUp, CaughtUp, MissedPage, readable};
pub(crate) use reader::HistoryReader;
