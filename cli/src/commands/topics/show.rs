//! `rtfm topics list`, `describe` and `verify`.

use super::catalogue_names;
use crate::{
    app_context::AppContext,
    checks,
    error::CliError,
    output,
    style::Style,
    table::{self, Align},
};
use rtfm_shared::bus::{Cleanup, Drift, TopicState, topics};
use serde_json::{Value, json};

pub(super) async fn list(context: &AppContext, as_json: bool) -> Result<(), CliError> {
    let names = context.bus.list_topics().await?;
    let mut out = output::stdout();
    if as_json {
        out.json(&names)?;
    } else {
        names.iter().try_for_each(|name| writeln!(out, "{name}"))?;
    }
    Ok(())
}

pub(super) async fn describe(context: &AppContext, wanted: &[String], as_json: bool) -> Result<(), CliError> {
    let names = if wanted.is_empty() { catalogue_names() } else { wanted.to_vec() };
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let states = context.bus.describe_topics(&borrowed).await?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, state) in names.iter().zip(states) {
        match state {
            Some(state) => found.push(state),
            None => missing.push(name),
        }
    }
    let mut out = output::stdout();
    if as_json {
        out.json(&Value::from_iter(found.iter().map(to_json)))?;
    } else if !found.is_empty() {
        let head = [
            ("topic", Align::Left),
            ("partitions", Align::Right),
            ("replication", Align::Right),
            ("retention", Align::Right),
            ("cleanup", Align::Right),
            ("records", Align::Right),
        ];
        let rows: Vec<_> = found.iter().map(row).collect();
        table::lines(head, &rows, Style::of_stdout()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    for name in &missing {
        output::print_problem(format_args!("topic {name} does not exist; create it with `rtfm topics create`"));
    }
    if missing.is_empty() { Ok(()) } else { Err(CliError::Reported) }
}

pub(super) async fn verify(context: &AppContext, as_json: bool) -> Result<(), CliError> {
    let found = drifts(context).await?;
    let mut out = output::stdout();
    if as_json {
        let to_json = |drift: &Drift| json!({ "topic": drift.topic(), "drift": drift.to_string(), "remedy": drift.remedy(context.is_local()) });
        out.json(&json!({ "ok": found.is_empty(), "drift": Value::from_iter(found.iter().map(to_json)) }))?;
    } else if found.is_empty() {
        writeln!(out, "all {} topics match the catalogue", topics::catalogue().len())?;
    } else {
        found.iter().try_for_each(|drift| writeln!(out, "{drift}; {}", drift.remedy(context.is_local())))?;
    }
    if found.is_empty() { Ok(()) } else { Err(CliError::Reported) }
}

/// The differences from the catalogue.
pub(super) async fn drifts(context: &AppContext) -> Result<Vec<Drift>, CliError> {
    checks::drift(context).await
}

/// The number of records; an upper bound on a compacted topic, whose offsets have gaps.
fn records(state: &TopicState) -> i64 {
    state.watermarks.iter().map(|(begin, end)| end - begin).sum()
}

fn cleanup(state: &TopicState) -> &'static str {
    match state.cleanup {
        Cleanup::Delete => "delete",
        Cleanup::Compact => "compact",
    }
}

fn to_json(state: &TopicState) -> Value {
    json!({
        "name": state.name,
        "partitions": state.partitions,
        "replication": state.replication,
        "retention_ms": state.retention_ms,
        "cleanup": cleanup(state),
        "cleanup_delay_ms": state.cleanup_delay_ms,
        "records": records(state),
        "watermarks": state.watermarks,
    })
}

fn row(state: &TopicState) -> [String; 6] {
    let retention = state.retention_ms.map_or_else(|| "unlimited".to_owned(), duration);
    [
        state.name.clone(),
        state.partitions.to_string(),
        state.replication.to_string(),
        retention,
        cleanup(state).to_owned(),
        records(state).to_string(),
    ]
}

fn duration(milliseconds: i64) -> String {
    const HOUR: i64 = 3_600_000;
    match milliseconds {
        ms if ms % (24 * HOUR) == 0 => format!("{} d", ms / (24 * HOUR)),
        ms if ms % HOUR == 0 => format!("{} h", ms / HOUR),
        ms => format!("{} s", ms / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_one_row() {
        let state = TopicState {
            name: "bot-queries".to_owned(),
            partitions: 3,
            replication: 1,
            retention_ms: Some(86_400_000),
            cleanup: Cleanup::Delete,
            cleanup_delay_ms: Some(8_640_000),
            watermarks: vec![(0, 4), (2, 3), (0, 0)],
        };
        assert_eq!(row(&state), ["bot-queries", "3", "1", "1 d", "delete", "5"]);
        assert_eq!(duration(7_200_000), "2 h");
        assert_eq!(duration(90_000), "90 s");
    }
}
