//! Answers out.

mod cite;
mod markdown;
mod render;
mod split;
