//! What a service says on `/metrics`, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

/// One metric.
#[derive(Debug, Default)]
pub(crate) struct Metric {
    /// `# HELP`.
    pub(crate) help: Option<String>,
    /// `# TYPE`.
    pub(crate) kind: String,
    /// The values that were seen of every label.
    pub(crate) labels: BTreeMap<String, BTreeSet<String>>,
}

/// Every metric by its name (of histograms, without `_bucket`, `_sum` and `_count`).
pub(crate) fn parse(text: &str) -> BTreeMap<String, Metric> {
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help has a text");
            metrics.entry(name.to_owned()).or_default().help = Some(help.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type has a name");
            metrics.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else {
            let end = line.find(['{', ' ']).expect("a sample has a value");
            let metric = metrics.get_mut(base(&line[..end])).unwrap_or_else(|| panic!("{line} has no type"));
            let labels =
                line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}')).map_or("", |(labels, _)| labels);
            for (label, value) in pairs(labels) {
                metric.labels.entry(label).or_default().insert(value);
            }
        }
    }
    metrics
}

/// The name of the metric that a sample belongs to. None of ours that is no histogram ends like one.
pub(crate) fn base(sample: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|suffix| sample.strip_suffix(suffix)).unwrap_or(sample)
}

/// `a="b",c="d"`: none of our values contains a quote or a comma.
fn pairs(labels: &str) -> impl Iterator<Item = (String, String)> {
    labels.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
        let (label, value) = pair.split_once('=').expect("a label has a value");
        (label.to_owned(), value.trim_matches('"').to_owned())
    })
}
