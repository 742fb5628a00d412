//! The report of an evaluation: one object, whose JSON fields `docs/evaluation.md` describes.

use crate::{
    abstention::Abstention,
    corpus::Corpus,
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
    /// How many messages the sets hold.
    pub messages: usize,
    /// How many questions the sets hold.
    pub queries: usize,
    /// Mean scores over the answerable questions of all sets.
    pub metrics: Option<Scores>,
    /// The baseline's mean scores.
    pub bm25: Option<Scores>,
    /// Abstention over all questions.
    pub abstention: Option<Abstention>,
    /// Latency of retrieval over all runs.
    pub latency_ms: Option<LatencyPercentiles>,
    /// Speed of the index pipeline.
    pub index: IndexRate,
    /// The reports of the sets.
    pub sets: Vec<SetReport<'a>>,
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
    /// How many messages the set holds.
    pub messages: usize,
    /// How many questions the set holds.
    pub queries: usize,
    /// Mean scores over the answerable questions.
    pub metrics: Option<Scores>,
    /// The baseline's mean scores.
    pub bm25: Option<Scores>,
    /// Abstention over all questions.
    pub abstention: Option<Abstention>,
    /// Every run of every question.
    pub outcomes: &'a [QuestionOutcome],
}

impl<'a> EvaluationReport<'a> {
    /// Summarises an evaluation of `corpus`.
    pub fn new(corpus: &'a Corpus, evaluation: &'a Evaluation, options: &EvalOptions) -> Self {
        let all = || evaluation.outcomes.iter().flatten();
        let messages: usize = corpus.sets.iter().map(|set| set.messages.len()).sum();
        let latencies = || all().map(|outcome| outcome.milliseconds).collect::<Vec<_>>();
        let latency = percentile(latencies(), 0.5).zip(percentile(latencies(), 0.99));
        let seconds = evaluation.indexing_time.as_secs_f64();
        let sets = corpus.sets.iter().zip(&evaluation.outcomes).map(|(set, outcomes)| SetReport {
            name: &set.name,
            file: &set.file,
            messages: set.messages.len(),
            queries: set.questions.len(),
            metrics: mean_scores(outcomes),
            bm25: mean_baseline(outcomes),
            abstention: abstention(outcomes),
            outcomes,
        });
        Self {
            k: options.k,
            store: options.store.name(),
            embedder: &evaluation.embedder,
            messages,
            queries: corpus.sets.iter().map(|set| set.questions.len()).sum(),
            metrics: mean_scores(all()),
            bm25: mean_baseline(all()),
            abstention: abstention(all()),
            latency_ms: latency.map(|(p50, p99)| LatencyPercentiles { p50, p99 }),
            index: IndexRate { seconds, messages_per_second: messages as f64 / seconds },
            sets: sets.collect(),
        }
    }

    /// The report as one JSON object on one line.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

fn mean_scores<'a>(outcomes: impl IntoIterator<Item = &'a QuestionOutcome>) -> Option<Scores> {
    Scores::mean(outcomes.into_iter().filter_map(|outcome| outcome.scores.as_ref()))
}

fn mean_baseline<'a>(outcomes: impl IntoIterator<Item = &'a QuestionOutcome>) -> Option<Scores> {
    Scores::mean(outcomes.into_iter().filter_map(|outcome| outcome.bm25.as_ref()))
}

fn abstention<'a>(outcomes: impl IntoIterator<Item = &'a QuestionOutcome>) -> Option<Abstention> {
    Abstention::of(outcomes.into_iter().map(|outcome| (outcome.answerable, outcome.abstained)))
}
