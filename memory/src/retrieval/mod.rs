//! Finds the messages that answer a question, in four stages:
//!
//! 1. **plan** ([`plan`]): turns the question, its scope and the times, people and channels that it names into search
//!    attempts;
//! 2. **search** ([`search`]): runs the lexical and the dense leg inside the attempt's filter;
//! 3. **fuse and expand** ([`fuse`], [`expand`]): ranks the hits of both legs, with the conversations around them;
//! 4. **judge** ([`judge`]): estimates how likely the evidence answers the question.
//!
//! [`RetrievalPipeline`] runs the attempts in turn; [`Retriever`] runs one. Neither needs a bus, and only the rewriting
//! of follow-up questions needs a model.

mod deadline;
mod expand;
mod fuse;
mod history;
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
