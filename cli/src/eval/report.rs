//! What was measured: a table for people, one object for programs.

use super::{
    abstention::Abstention,
    metrics::{Scores, percentile},
    run::{Measured, Outcome, Plan},
    set::Library,
};
use crate::{
    style::Style,
    table::{self, Side},
};
use serde::Serialize;

/// A whole measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    k: usize,
    store: &'a str,
    embedder: &'a str,
    messages: usize,
    queries: usize,
    /// Over all answerable questions of all sets.
    metrics: Option<Scores>,
    bm25: Option<Scores>,
    abstention: Option<Abstention>,
    latency_ms: Option<Latency>,
    index: IndexRate,
    sets: Vec<SetReport<'a>>,
}

/// How long questions took.
#[derive(Clone, Copy, Debug, Serialize)]
struct Latency {
    p50: f64,
    p99: f64,
}

/// How fast messages were indexed.
#[derive(Clone, Copy, Debug, Serialize)]
struct IndexRate {
    seconds: f64,
    messages_per_second: f64,
}

/// One set's part.
#[derive(Debug, Serialize)]
struct SetReport<'a> {
    name: &'a str,
    file: &'a str,
    messages: usize,
    queries: usize,
    metrics: Option<Scores>,
    bm25: Option<Scores>,
    abstention: Option<Abstention>,
    outcomes: &'a [Outcome],
}

impl<'a> Report<'a> {
    pub(crate) fn of(
        library: &'a Library,
        measured: &'a Measured,
        plan: Plan,
        store: &'a str,
        embedder: &'a str,
    ) -> Self {
        let all = || measured.outcomes.iter().flatten();
        let messages: usize = library.sets.iter().map(|set| set.messages.len()).sum();
        let times = || all().map(|outcome| outcome.milliseconds).collect::<Vec<_>>();
        let latency = percentile(times(), 0.5).zip(percentile(times(), 0.99));
        let seconds = measured.indexed_in.as_secs_f64();
        let sets = library.sets.iter().zip(&measured.outcomes).map(|(set, outcomes)| SetReport {
            name: &set.name,
            file: &set.file,
            messages: set.messages.len(),
            queries: set.questions.len(),
            metrics: ours(outcomes),
            bm25: theirs(outcomes),
            abstention: abstention(outcomes),
            outcomes,
        });
        Self {
            k: plan.k,
            store,
            embedder,
            messages,
            queries: library.sets.iter().map(|set| set.questions.len()).sum(),
            metrics: ours(all()),
            bm25: theirs(all()),
            abstention: abstention(all()),
            latency_ms: latency.map(|(p50, p99)| Latency { p50, p99 }),
            index: IndexRate { seconds, messages_per_second: messages as f64 / seconds },
            sets: sets.collect(),
        }
    }
}

fn ours<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Option<Scores> {
    Scores::mean(outcomes.into_iter().filter_map(|outcome| outcome.scores.as_ref()))
}

fn theirs<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Option<Scores> {
    Scores::mean(outcomes.into_iter().filter_map(|outcome| outcome.bm25.as_ref()))
}

fn abstention<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Option<Abstention> {
    Abstention::of(outcomes.into_iter().map(|outcome| (outcome.answerable, outcome.abstained)))
}

/// The measurement as one object.
pub(crate) fn json(report: &Report<'_>) -> serde_json::Result<String> {
    serde_json::to_string(report)
}

/// The measurement for people.
pub(crate) fn text(report: &Report<'_>, style: Style) -> String {
    let Report { k, store, embedder, messages, queries, latency_ms, index, sets, .. } = report;
    let mut lines = vec![format!(
        "{queries} questions over {messages} messages in {} set{}; {store}, embedder {embedder}",
        sets.len(),
        if sets.len() == 1 { "" } else { "s" },
    )];
    lines.push(String::new());
    let mut rows = Vec::new();
    if sets.len() > 1 {
        for set in sets {
            rows.extend(row(format!("{} rtfm", set.name), set.metrics));
            rows.extend(row(format!("{} BM25", set.name), set.bm25));
        }
    }
    rows.extend(row("rtfm".to_owned(), report.metrics));
    rows.extend(row("BM25 over single messages".to_owned(), report.bm25));
    let (hit, recall, ndcg) = (format!("hit@{k}"), format!("recall@{k}"), format!("nDCG@{k}"));
    let head = [
        ("", Side::Left),
        (hit.as_str(), Side::Right),
        (recall.as_str(), Side::Right),
        ("MRR", Side::Right),
        (ndcg.as_str(), Side::Right),
    ];
    lines.extend(table::lines(head, &rows, style));
    lines.push(String::new());
    if let Some(abstention) = &report.abstention {
        lines.push(format!(
            "abstention      precision {}  recall {:.3}  F1 {:.3}  ({} unanswerable, {} answerable, {} abstained from)",
            abstention.precision.map_or("-".to_owned(), |precision| format!("{precision:.3}")),
            abstention.recall,
            abstention.f1,
            abstention.unanswerable,
            abstention.answerable,
            abstention.abstained,
        ));
    }
    if let Some(Latency { p50, p99 }) = latency_ms {
        lines.push(format!("query latency   p50 {p50:.1} ms  p99 {p99:.1} ms"));
    }
    lines.push(format!(
        "index           {:.0} messages/s ({messages} in {:.1} s)",
        index.messages_per_second, index.seconds
    ));
    lines.join("\n")
}

fn row(name: String, scores: Option<Scores>) -> Option<[String; 5]> {
    let scores = scores?;
    let shown = [scores.hit, scores.recall, scores.mrr, scores.ndcg].map(|score| format!("{score:.3}"));
    let [hit, recall, mrr, ndcg] = shown;
    Some([name, hit, recall, mrr, ndcg])
}
