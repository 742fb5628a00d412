//! `rtfm dlq list`.

use super::choose::Filter;
use crate::{
    fault::Fault,
    style::Style,
    table::{self, Side},
};
use rtfm_shared::dead_letters::{DeadLetters, Letter};
use serde_json::{Value, json};
use std::io::Write;

/// The longest error in a row.
const LONGEST: usize = 80;

pub(super) async fn run(desk: &DeadLetters, filter: &Filter, as_json: bool) -> Result<(), Fault> {
    let letters = filter.letters(desk).await?;
    let mut out = std::io::stdout();
    if as_json {
        writeln!(out, "{}", Value::from_iter(letters.iter().map(object)))?;
    } else if letters.is_empty() {
        writeln!(out, "no dead letters")?;
    } else {
        let rows: Vec<_> = letters.iter().map(row).collect();
        let head = [
            ("id", Side::Left),
            ("since", Side::Left),
            ("reason", Side::Left),
            ("attempts", Side::Right),
            ("replays", Side::Right),
            ("key", Side::Left),
            ("bytes", Side::Right),
            ("error", Side::Left),
        ];
        table::lines(head, &rows, Style::of_stdout()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn row(letter: &Letter) -> [String; 8] {
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let error: String = printable(&letter.error).chars().take(LONGEST).collect();
    [
        letter.id.to_string(),
        letter.since.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        reason(letter).to_owned(),
        number(letter.attempts),
        letter.replays.to_string(),
        letter.key.as_deref().map_or_else(|| "-".to_owned(), |key| printable(key).chars().take(24).collect()),
        letter.bytes.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string()),
        error,
    ]
}

/// Why it is there; what no worker put there says nothing.
pub(super) fn reason(letter: &Letter) -> &str {
    if letter.reason.is_empty() { "unknown" } else { &letter.reason }
}

/// Without what would move a terminal's cursor or change its colours: the text may be anybody's.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What is known of it, without what it says.
pub(super) fn object(letter: &Letter) -> Value {
    json!({
        "id": letter.id.to_string(),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "since": letter.since,
        "reason": letter.reason,
        "error": letter.error,
        "attempts": letter.attempts,
        "service": letter.service,
        "replays": letter.replays,
        "key": letter.key,
        "bytes": letter.bytes,
        "cut": letter.cut,
    })
}
