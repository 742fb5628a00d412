//! The status report as text and as JSON.

use super::{backfills, groups::GroupStatus, report::StatusReport};
use crate::{
    checks::{Check, CheckStatus},
    output::one_line,
    style::Style,
    table::{self, Align},
};
use rtfm_shared::bus::{Cleanup, Drift, Lag, TopicState};
use serde_json::{Value, json};

/// The report as one object, whose fields are stable.
pub(super) fn to_json(report: &StatusReport) -> Value {
    json!({
        "healthy": report.problems.is_empty(),
        "problems": report.problems,
        "dependencies": Value::from_iter(report.dependencies.iter().map(Check::to_json)),
        "topics": Value::from_iter(report.topics.iter().map(|state| topic(state, &report.drift))),
        "drift": Value::from_iter(report.drift.iter().map(|drift| json!({
            "topic": drift.topic(), "drift": drift.to_string(), "remedy": drift.remedy(report.is_local),
        }))),
        "groups": Value::from_iter(report.groups.iter().map(group)),
        "dead_letters": Value::from_iter(
            report.dead_letters.iter().map(|(topic, waiting)| json!({ "topic": topic, "waiting": waiting })),
        ),
        "histories": Value::from_iter(report.backfills.iter().map(backfills::to_json)),
        "services": Value::from_iter(report.services.iter().map(|service| json!({
            "address": service.address.to_string(), "ready": service.ready, "checks": service.checks,
        }))),
    })
}

fn topic(state: &TopicState, drift: &[Drift]) -> Value {
    json!({
        "name": state.name,
        "partitions": state.partitions,
        "replication": state.replication,
        "retention_ms": state.retention_ms,
        "cleanup": if state.cleanup == Cleanup::Compact { "compact" } else { "delete" },
        "records": records(state),
        "drifts": drift.iter().any(|drift| drift.topic() == state.name),
    })
}

fn group(group: &GroupStatus) -> Value {
    let partition = |lag: &Lag| json!({ "partition": lag.at.partition, "committed": lag.committed, "end": lag.end, "lag": lag.records() });
    let topic = |(name, lags): &(String, Vec<Lag>)| json!({ "topic": name, "partitions": Value::from_iter(lags.iter().map(partition)) });
    let members = group.members.iter().map(|member| {
        let partitions: Vec<String> = member.partitions.iter().map(ToString::to_string).collect();
        json!({ "id": member.id, "partitions": partitions })
    });
    json!({
        "name": group.name,
        "lag": group.lag(),
        "topics": Value::from_iter(group.topics.iter().map(topic)),
        "members": Value::from_iter(members),
    })
}

fn records(state: &TopicState) -> i64 {
    state.watermarks.iter().map(|(begin, end)| end - begin).sum()
}

/// The report as tables, with the problems at the end.
pub(super) fn text(report: &StatusReport) -> Vec<String> {
    let style = Style::of_stdout();
    let mut lines = Vec::new();
    for check in &report.dependencies {
        let mark = match check.status {
            CheckStatus::Passed => "ok",
            CheckStatus::Warning => "warning",
            CheckStatus::Failed => "FAILED",
            CheckStatus::Skipped => "-",
        };
        lines.push(format!("{:<8} {mark:<8} {}", check.name, one_line(&check.finding)));
    }
    for service in &report.services {
        let ready = if service.ready { "ready".to_owned() } else { format!("NOT READY: {}", service.reason()) };
        lines.push(format!("{:<8} {:<8} http://{}", "service", ready, service.address));
    }
    if !report.topics.is_empty() {
        lines.push(String::new());
        lines.extend(topics(report, style));
    }
    if !report.groups.is_empty() {
        lines.push(String::new());
        lines.extend(groups(report, style));
    }
    if !report.backfills.is_empty() {
        lines.push(String::new());
        lines.extend(channels(report, style));
    }
    lines.push(String::new());
    match report.problems.as_slice() {
        [] => lines.push(style.bold("healthy")),
        problems => {
            lines.push(style.bold("not healthy"));
            lines.extend(problems.iter().map(|problem| format!("  {}", one_line(problem))));
        }
    }
    lines
}

fn topics(report: &StatusReport, style: Style) -> Vec<String> {
    let waiting = |name: &str| report.dead_letters.iter().find(|(topic, _)| topic == name).map(|(_, count)| *count);
    // Dead-letter topics have no row; their counts are a column of the original topics.
    let rows: Vec<_> = report
        .topics
        .iter()
        .filter_map(|state| {
            let dead_letters = waiting(&state.name)?;
            let drifts = report.drift.iter().any(|drift| drift.topic() == state.name);
            Some([
                state.name.clone(),
                state.partitions.to_string(),
                records(state).to_string(),
                dead_letters.to_string(),
                if drifts { "drifts" } else { "" }.to_owned(),
            ])
        })
        .collect();
    let head = [
        ("topic", Align::Left),
        ("partitions", Align::Right),
        ("records", Align::Right),
        ("dead letters", Align::Right),
        ("", Align::Left),
    ];
    table::lines(head, &rows, style)
}

fn groups(report: &StatusReport, style: Style) -> Vec<String> {
    let mut rows = Vec::new();
    for group in &report.groups {
        for lag in group.topics.iter().flat_map(|(_, lags)| lags) {
            let member = group.members.iter().find(|member| member.partitions.contains(&lag.at));
            rows.push([
                group.name.clone(),
                lag.at.to_string(),
                lag.committed.map_or_else(|| "-".to_owned(), |committed| committed.to_string()),
                lag.end.to_string(),
                lag.records().to_string(),
                member.map_or_else(|| "none".to_owned(), |member| member.id.clone()),
            ]);
        }
    }
    let head = [
        ("group", Align::Left),
        ("partition", Align::Left),
        ("committed", Align::Right),
        ("end", Align::Right),
        ("lag", Align::Right),
        ("member", Align::Left),
    ];
    table::lines(head, &rows, style)
}

/// Most channels in the table; the line below counts the others.
const MAX_CHANNELS: usize = 20;

fn channels(report: &StatusReport, style: Style) -> Vec<String> {
    let rows: Vec<_> = report.backfills.iter().take(MAX_CHANNELS).map(backfills::row).collect();
    let head = [
        ("server", Align::Left),
        ("channel", Align::Left),
        ("history", Align::Left),
        ("messages", Align::Right),
        ("as of (UTC)", Align::Left),
    ];
    let mut lines = table::lines(head, &rows, style);
    if let Some(more) = report.backfills.len().checked_sub(MAX_CHANNELS).filter(|more| *more > 0) {
        lines.push(format!("and {more} more; `rtfm status --json` lists all"));
    }
    lines
}
