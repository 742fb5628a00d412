//! Who may see what: named situations, and random guilds against a brute force that knows nothing of how it is done.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod guilds;
mod oracle;
mod property;
mod situations;
mod tally;
