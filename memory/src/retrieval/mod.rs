//! A question → what its answer rests on, in four stages:
//!
//! 1. **plan** ([`plan`]): the question, its scope and what it says of times, people and places become search attempts;
//! 2. **search** ([`search`]): both legs, words and vectors, inside the attempt's filter;
//! 3. **fuse and expand** ([`fuse`], [`expand`]): one ranking by score, with the conversations around its hits;
//! 4. **judge** ([`judge`]): how likely that answers the question.
//!
//! [`RetrievalPipeline`] tries one attempt after the other; [`Retriever`] runs one. Neither needs a bus, and a model
//! only to rewrite questions that go on from a conversation.

mod deadline;
mod expand;
mod fuse;
mod judge;
mod pipeline;
mod plan;
mod request;
mod retriever;
mod search;

pub use deadline::Deadline;
pub use expand::Passage;
pub use fuse::{Rank, Ranked};
pub use judge::Confidence;
pub use pipeline::{AttemptResult, PlannedAttempts, RetrievalError, RetrievalPipeline};
pub use plan::{QueryPlan, SearchAttempt};
pub(crate) use plan::{UNUSED, USED};
pub use request::{QueryVector, RetrievalRequest, RetrievalResult};
pub use retriever::Retriever;
