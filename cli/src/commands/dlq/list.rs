//! `rtfm dlq list`.

use super::selection::DeadLetterFilter;
use crate::{
    error::CliError,
    output::{self, one_line},
    style::Style,
    table::{self, Align},
};
use rtfm_shared::dead_letters::{DeadLetters, Letter};
use serde_json::{Value, json};

/// Longest error in a row, in characters.
const MAX_ERROR: usize = 80;

pub(super) async fn run(dead_letters: &DeadLetters, filter: &DeadLetterFilter, as_json: bool) -> Result<(), CliError> {
    let letters = filter.letters(dead_letters).await?;
    let mut out = output::stdout();
    if as_json {
        out.json(&Value::from_iter(letters.iter().map(to_json)))?;
    } else if letters.is_empty() {
        writeln!(out, "no dead letters")?;
    } else {
        let rows: Vec<_> = letters.iter().map(row).collect();
        let head = [
            ("id", Align::Left),
            ("since", Align::Left),
            ("reason", Align::Left),
            ("attempts", Align::Right),
            ("replays", Align::Right),
            ("key", Align::Left),
            ("bytes", Align::Right),
            ("error", Align::Left),
        ];
        table::lines(head, &rows, Style::of_stdout()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn row(letter: &Letter) -> [String; 8] {
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let error: String = one_line(&letter.error).chars().take(MAX_ERROR).collect();
    [
        letter.id.to_string(),
        letter.since.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        reason(letter).to_owned(),
        number(letter.attempts),
        letter.replays.to_string(),
        letter.key.as_deref().map_or_else(|| "-".to_owned(), |key| one_line(key).chars().take(24).collect()),
        letter.bytes.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string()),
        error,
    ]
}

/// The letter's reason; a record that no worker put there has none.
pub(super) fn reason(letter: &Letter) -> &str {
    if letter.reason.is_empty() { "unknown" } else { &letter.reason }
}

/// The letter as `--json` prints it, without its content.
pub(super) fn to_json(letter: &Letter) -> Value {
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
