//! The report of an evaluation: one object, whose JSON fields `docs/evaluation.md` describes.

use crate::{
    abstention::Abstention,
    corpus::{Corpus, EvalSet},
    metrics::{Scores, percentile},
    run::{EvalOptions, Evaluation, QuestionOutcome},
};
use serde::Serialize;

/// The report over all sets.
#[derive(Debug, Serialize)]
pub struct EvaluationReport<'a> {
    /// Messages of a ranking that count.
    pub k: usize,
    /// `sqlite` or `qdrant`, as the options select.
    pub store: &'a str,
    /// The embedding model's name, or `none`.
    pub embedder: &'a str,
    /// The results of all sets.
    #[serde(flatten)]
    pub summary: EvaluationSummary,
    /// Latency of retrieval over all runs.
    pub latency_ms: Option<LatencyPercentiles>,
    /// Speed of the index pipeline.
    pub index: IndexRate,
    /// The reports of the sets.
    pub sets: Vec<SetReport<'a>>,
}

/// The results of one set or of all sets.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EvaluationSummary {
    /// The number of messages.
    pub messages: usize,
    /// The number of questions.
    pub queries: usize,
    /// Mean scores over the answerable questions.
    pub metrics: Option<Scores>,
    /// The baseline's mean scores.
    pub bm25: Option<Scores>,
    /// Abstention over all questions.
    pub abstention: Option<Abstention>,
}

/// Percentiles of the latency of retrieval, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LatencyPercentiles {
    /// Half of the runs took no longer.
    pub p50: f64,
    /// 99 % of the runs took no longer.
    pub p99: f64,
}

/// Speed of indexing, embedding included.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct IndexRate {
    /// Time for all messages.
    pub seconds: f64,
    /// Messages per second of that time.
    pub messages_per_second: f64,
}

/// The report of one set.
#[derive(Debug, Serialize)]
pub struct SetReport<'a> {
    /// The set's name, as in the corpus.
    pub name: &'a str,
    /// The path of the set's file.
    pub file: &'a str,
    /// The results of the set.
    #[serde(flatten)]
    pub summary: EvaluationSummary,
    /// Every run of every question.
    pub outcomes: &'a [QuestionOutcome],
}

impl<'a> EvaluationReport<'a> {
    /// Summarises an evaluation of `corpus`.
    pub fn new(corpus: &'a Corpus, evaluation: &'a Evaluation, options: &EvalOptions) -> Self {
        let all = || evaluation.outcomes.iter().flatten();
        let summary = EvaluationSummary::of(&corpus.sets, all);
        let latencies = || all().map(|outcome| outcome.milliseconds).collect::<Vec<_>>();
        let latency = percentile(latencies(), 0.5).zip(percentile(latencies(), 0.99));
        let seconds = evaluation.indexing_time.as_secs_f64();
        let sets = corpus.sets.iter().zip(&evaluation.outcomes).map(|(set, outcomes)| SetReport {
            name: &set.name,
            file: &set.file,
            summary: EvaluationSummary::of([set], || outcomes.iter()),
            outcomes,
        });
        Self {
            k: options.k,
            store: options.store.name(),
            embedder: &evaluation.embedder,
            summary,
            latency_ms: latency.map(|(p50, p99)| LatencyPercentiles { p50, p99 }),
            index: IndexRate { seconds, messages_per_second: summary.messages as f64 / seconds },
            sets: sets.collect(),
        }
    }
}

impl EvaluationSummary {
    fn of<'a, I: Iterator<Item = &'a QuestionOutcome>>(
        sets: impl IntoIterator<Item = &'a EvalSet>,
        outcomes: impl Fn() -> I,
    ) -> Self {
        let sizes = sets.into_iter().map(|set| (set.messages.len(), set.questions.len()));
        let (messages, queries) = sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
        Self {
            messages,
            queries,
            metrics: Scores::mean(outcomes().filter_map(|outcome| outcome.scores.as_ref())),
            bm25: Scores::mean(outcomes().filter_map(|outcome| outcome.bm25.as_ref())),
            abstention: Abstention::of(outcomes().map(|outcome| (outcome.answerable, outcome.abstained))),
        }
    }
}
