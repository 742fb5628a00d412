//! `rtfm dlq show`. What people wrote is printed only on request: why a record died can mostly be seen without.

use super::{
    choose::absent,
    list::{object, printable, reason},
};
use crate::{fault::Fault, style::Style};
use rtfm_shared::{
    bus::Record,
    dead_letters::{DeadLetters, Letter, LetterId, Settled},
};
use serde_json::{Value, json};
use std::io::Write;

pub(super) async fn run(desk: &DeadLetters, ids: &[LetterId], content: bool, as_json: bool) -> Result<(), Fault> {
    let mut objects = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let (letter, record, settled) = desk.find(id).await?.ok_or_else(|| absent(id))?;
        if as_json {
            objects.push(whole(&letter, &record, settled, content));
            continue;
        }
        if n > 0 {
            writeln!(std::io::stdout())?;
        }
        text(&letter, &record, settled, content).iter().try_for_each(|line| writeln!(std::io::stdout(), "{line}"))?;
    }
    if as_json {
        writeln!(std::io::stdout(), "{}", Value::from(objects))?;
    }
    Ok(())
}

fn text(letter: &Letter, record: &Record, settled: Option<Settled>, content: bool) -> Vec<String> {
    let style = Style::of_stdout();
    let came_from = match (letter.partition, letter.offset) {
        (Some(partition), Some(offset)) => format!("{}[{partition}] at offset {offset}", letter.topic),
        _ => letter.topic.clone(),
    };
    let mut lines = vec![style.bold(&letter.id.to_string())];
    let mut say =
        |what: &str, is: String| lines.push(format!("  {} {}", style.dim(&format!("{what:<9}")), printable(&is)));
    say("from", came_from);
    say("since", letter.since.to_string());
    say("reason", reason(letter).to_owned());
    say("error", letter.error.clone());
    say("attempts", letter.attempts.map_or_else(|| "-".to_owned(), |attempts| attempts.to_string()));
    say("replays", letter.replays.to_string());
    say("service", letter.service.clone());
    if let Some(settled) = settled {
        say("settled", settled.as_str().to_owned());
    }
    say("key", letter.key.clone().unwrap_or_else(|| "none".to_owned()));
    for (name, value) in &record.headers.0 {
        say("header", format!("{name}: {}", String::from_utf8_lossy(value)));
    }
    match (&record.value, content) {
        (None, _) => say("value", "none".to_owned()),
        (Some(value), true) => say("value", String::from_utf8_lossy(value).into_owned()),
        (Some(value), false) => say("value", format!("{} bytes (--content shows what people wrote)", value.len())),
    }
    lines
}

fn whole(letter: &Letter, record: &Record, settled: Option<Settled>, content: bool) -> Value {
    let mut value = object(letter);
    let headers = record.headers.0.iter().map(|(name, value)| json!([name, String::from_utf8_lossy(value)]));
    if let Some(object) = value.as_object_mut() {
        object.insert("settled".to_owned(), json!(settled.map(Settled::as_str)));
        object.insert("headers".to_owned(), Value::from_iter(headers));
        if content {
            // Not always text: what is not becomes the replacement character, and `bytes` tells the length.
            let said = record.value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned());
            object.insert("content".to_owned(), json!(said));
        }
    }
    value
}
