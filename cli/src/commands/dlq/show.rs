//! `rtfm dlq show`. It prints the content only on request: the reason and the headers usually explain the failure.

use super::{
    list::{reason, to_json},
    selection::not_found,
};
use crate::{
    error::CliError,
    output::{self, one_line},
    style::Style,
};
use rtfm_shared::{
    bus::Record,
    dead_letters::{DeadLetters, Letter, LetterId, Settlement},
};
use serde_json::{Value, json};

pub(super) async fn run(
    dead_letters: &DeadLetters,
    ids: &[LetterId],
    content: bool,
    as_json: bool,
) -> Result<(), CliError> {
    let (mut out, mut objects) = (output::stdout(), Vec::new());
    for (n, id) in ids.iter().enumerate() {
        let (letter, record, settled) = dead_letters.find(id).await?.ok_or_else(|| not_found(id))?;
        if as_json {
            objects.push(full_json(&letter, &record, settled, content));
            continue;
        }
        if n > 0 {
            writeln!(out)?;
        }
        text(&letter, &record, settled, content).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    if as_json {
        out.json(&objects)?;
    }
    Ok(())
}

fn text(letter: &Letter, record: &Record, settled: Option<Settlement>, content: bool) -> Vec<String> {
    let style = Style::of_stdout();
    let origin = match (letter.partition, letter.offset) {
        (Some(partition), Some(offset)) => format!("{}[{partition}] at offset {offset}", letter.topic),
        _ => letter.topic.clone(),
    };
    let mut lines = vec![style.bold(&letter.id.to_string())];
    let mut add = |name: &str, value: String| {
        lines.push(format!("  {} {}", style.dim(&format!("{name:<9}")), one_line(&value)));
    };
    add("from", origin);
    add("since", letter.since.to_string());
    add("reason", reason(letter).to_owned());
    add("error", letter.error.clone());
    add("attempts", letter.attempts.map_or_else(|| "-".to_owned(), |attempts| attempts.to_string()));
    add("replays", letter.replays.to_string());
    add("service", letter.service.clone());
    if let Some(settled) = settled {
        add("settled", settled.as_str().to_owned());
    }
    add("key", letter.key.clone().unwrap_or_else(|| "none".to_owned()));
    for (name, value) in &record.headers.0 {
        add("header", format!("{name}: {}", String::from_utf8_lossy(value)));
    }
    match (&record.value, content) {
        (None, _) => add("value", "none".to_owned()),
        (Some(value), true) => add("value", String::from_utf8_lossy(value).into_owned()),
        (Some(value), false) => add("value", format!("{} bytes (--content prints them)", value.len())),
    }
    lines
}

fn full_json(letter: &Letter, record: &Record, settled: Option<Settlement>, content: bool) -> Value {
    let mut value = to_json(letter);
    let headers = record.headers.0.iter().map(|(name, value)| json!([name, String::from_utf8_lossy(value)]));
    if let Some(object) = value.as_object_mut() {
        object.insert("settled".to_owned(), json!(settled.map(Settlement::as_str)));
        object.insert("headers".to_owned(), Value::from_iter(headers));
        if content {
            // Bytes that are not UTF-8 become replacement characters; `bytes` has the true length.
            let content = record.value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned());
            object.insert("content".to_owned(), json!(content));
        }
    }
    value
}
