//! The report of `rtfm eval` as a table.

use crate::{
    style::Style,
    table::{self, Align},
};
use rtfm_eval::{EvaluationReport, EvaluationSummary, LatencyPercentiles, Scores};

/// The report as text.
pub(crate) fn text(report: &EvaluationReport<'_>, style: Style) -> String {
    let EvaluationReport { k, store, embedder, summary, latency_ms, index, sets } = report;
    let EvaluationSummary { messages, queries, metrics, bm25, abstention } = *summary;
    let mut lines = vec![format!(
        "{queries} questions over {messages} messages in {} set{}; {store}, embedder {embedder}",
        sets.len(),
        if sets.len() == 1 { "" } else { "s" },
    )];
    lines.push(String::new());
    let mut rows = Vec::new();
    if sets.len() > 1 {
        for set in sets {
            rows.extend(row(format!("{} rtfm", set.name), set.summary.metrics));
            rows.extend(row(format!("{} BM25", set.name), set.summary.bm25));
        }
    }
    rows.extend(row("rtfm".to_owned(), metrics));
    rows.extend(row("BM25 over single messages".to_owned(), bm25));
    let (hit, recall, ndcg) = (format!("hit@{k}"), format!("recall@{k}"), format!("nDCG@{k}"));
    let head = [
        ("", Align::Left),
        (hit.as_str(), Align::Right),
        (recall.as_str(), Align::Right),
        ("MRR", Align::Right),
        (ndcg.as_str(), Align::Right),
    ];
    lines.extend(table::lines(head, &rows, style));
    lines.push(String::new());
    if let Some(abstention) = abstention {
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
    if let Some(LatencyPercentiles { p50, p99 }) = latency_ms {
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
    let [hit, recall, mrr, ndcg] =
        [scores.hit, scores.recall, scores.mrr, scores.ndcg].map(|score| format!("{score:.3}"));
    Some([name, hit, recall, mrr, ndcg])
}
