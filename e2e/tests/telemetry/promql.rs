//! Which metrics and labels a PromQL expression asks for. Enough of the grammar for what dashboards and
//! alerts are written in; what it does not know it takes for a metric's name, so that a test fails rather
//! than passes.

use std::collections::{BTreeMap, BTreeSet};

/// What an expression asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The series' names, each with the labels that its selectors name.
    pub(crate) series: BTreeMap<String, BTreeSet<String>>,
    /// Labels that results are grouped or joined by.
    pub(crate) groups: BTreeSet<String>,
}

const OPERATORS: [&str; 6] = ["and", "or", "unless", "bool", "offset", "atan2"];
const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Reads an expression.
pub(crate) fn asked(expression: &str) -> Asked {
    let mut asked = Asked::default();
    let mut rest = expression.trim();
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() || matches!(first, '_' | ':') {
            let (word, after) = word(rest);
            rest = after.trim_start();
            if GROUPING.contains(&word) {
                let (labels, after) = enclosed(rest, '(', ')');
                asked
                    .groups
                    .extend(labels.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned));
                rest = after;
            } else if !is_function(rest) && !OPERATORS.contains(&word) {
                let labels = asked.series.entry(word.to_owned()).or_default();
                if rest.starts_with('{') {
                    let (selectors, after) = enclosed(rest, '{', '}');
                    labels.extend(label_names(selectors));
                    rest = after;
                }
            }
        } else if first == '[' {
            rest = enclosed(rest, '[', ']').1;
        } else if first.is_ascii_digit() {
            // A number or a duration.
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
        } else {
            assert!("()+-*/%^<>=!,".contains(first) || first.is_whitespace(), "{first:?} in {expression}");
            rest = &rest[first.len_utf8()..];
        }
    }
    asked
}

/// Whether the word before this is called, or aggregates (`sum by (…) (…)`).
fn is_function(rest: &str) -> bool {
    rest.starts_with('(') || matches!(word(rest).0, "by" | "without")
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(text.len()))
}

/// What stands between the brackets that the text begins with, and what comes after them.
fn enclosed(text: &str, open: char, close: char) -> (&str, &str) {
    let inside = text.strip_prefix(open).unwrap_or_else(|| panic!("{open} is missing before {text}"));
    inside.split_once(close).unwrap_or_else(|| panic!("{close} is missing in {text}"))
}

/// The labels of `a="b", c!~"d|e"`: none of our values contains a quote.
fn label_names(selectors: &str) -> impl Iterator<Item = String> {
    let outside_quotes: Vec<&str> = selectors.split('"').step_by(2).collect();
    let text = outside_quotes.concat();
    let names: Vec<String> =
        text.split(',').map(|part| word(part.trim()).0.to_owned()).filter(|name| !name.is_empty()).collect();
    names.into_iter()
}

#[test]
fn promql_series_and_labels_are_parsed() {
    let found = asked(
        r#"histogram_quantile(0.95, sum by (le, model) (rate(a_seconds_bucket{outcome!~"ok|no", job="x"}[$__rate_interval])))
           and on (topic) max(b_total) > 1e3 unless c offset 5m"#,
    );
    let names: Vec<&str> = found.series.keys().map(String::as_str).collect();
    assert_eq!(names, ["a_seconds_bucket", "b_total", "c"]);
    assert_eq!(found.series["a_seconds_bucket"], ["job".to_owned(), "outcome".to_owned()].into());
    assert_eq!(found.groups, ["le", "model", "topic"].map(str::to_owned).into());
}
