//! Evaluation of retrieval: evaluation files through the real index pipeline and the real retrieval, next to BM25 over
//! single messages. `rtfm eval` is its command; `docs/evaluation.md` describes the files, the measures and the report.

mod abstention;
mod bm25;
mod corpus;
mod error;
mod file;
mod format;
mod memory;
mod metrics;
mod report;
mod run;

pub use abstention::Abstention;
pub use corpus::{Corpus, EvalQuestion, EvalSet, MessageIndex};
pub use error::EvalError;
pub use file::{EvalFile, read};
pub use memory::EvalStore;
pub use metrics::Scores;
pub use report::{EvaluationReport, EvaluationSummary, IndexRate, LatencyPercentiles, SetReport};
pub use run::{EvalOptions, Evaluation, QuestionOutcome, evaluate};
