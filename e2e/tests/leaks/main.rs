//! Nobody sees what is not theirs: a secret is said, indexed and asked for, in the wrong place and in the right one,
//! while roles, overwrites, channels and threads change. In the wrong place neither its words nor a link to it may
//! come out of the bot, in any edit of any message, nor into a prompt; in the right one it must, or the test would
//! show nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod channels;
mod places;
mod roles;
mod secret;
mod threads;
