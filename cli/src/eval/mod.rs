//! Measuring retrieval: evaluation files through the real index pipeline and the real retrieval, beside BM25 over
//! single messages. What is measured and how is told in `docs/retrieval.md`.

mod abstention;
mod bm25;
mod file;
mod ground;
mod metrics;
mod report;
mod run;
mod set;
mod wire;

pub(crate) use file::read;
pub(crate) use ground::{Foundations, Ground};
pub(crate) use report::{Report, json, text};
pub(crate) use run::{Measured, Plan, run};
pub(crate) use set::Library;
