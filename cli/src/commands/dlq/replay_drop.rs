//! `rtfm dlq replay` and `rtfm dlq drop`, with confirmation.

use super::selection::DeadLetterSelection;
use crate::{confirm, error::CliError, output};
use rtfm_shared::dead_letters::{DeadLetters, Letter};
use serde_json::json;
use std::collections::BTreeMap;

/// Replays letters. Without `again` it skips letters that failed after a replay, so that none circulates endlessly.
pub(super) async fn replay(
    dead_letters: &DeadLetters,
    selection: &DeadLetterSelection,
    again: bool,
    yes: bool,
    bus: &str,
    as_json: bool,
) -> Result<(), CliError> {
    let (letters, skipped): (Vec<_>, Vec<_>) =
        selection.letters(dead_letters).await?.into_iter().partition(|letter| again || letter.replays == 0);
    let skipped = skipped.len();
    if !letters.is_empty() && !yes {
        let question = format!("Replay {} on the bus ({bus})?", per_topic(&letters));
        if !confirm::agreed("replaying dead letters", &question)? {
            return Err(CliError::Failed("no dead letter was replayed".to_owned()));
        }
    }
    let outcome = dead_letters.replay(letters).await?;
    let refused: Vec<_> =
        outcome.refused.iter().map(|(id, error)| json!({ "id": id.to_string(), "error": error.to_string() })).collect();
    let mut out = output::stdout();
    if as_json {
        out.json(&json!({ "replayed": outcome.replayed, "left": skipped, "cut": outcome.cut, "refused": refused }))?;
    } else {
        writeln!(out, "replayed {}", many(outcome.replayed))?;
        if skipped > 0 {
            writeln!(out, "skipped {} that failed again after a replay; pass --again to include them", many(skipped))?;
        }
        if outcome.cut > 0 {
            writeln!(
                out,
                "skipped {} whose content is cut off; drop them when they are of no more use",
                many(outcome.cut)
            )?;
        }
    }
    for (id, error) in &outcome.refused {
        output::print_problem(format_args!("failed to replay {id}: {error}"));
    }
    if outcome.refused.is_empty() { Ok(()) } else { Err(CliError::Reported) }
}

pub(super) async fn drop(
    dead_letters: &DeadLetters,
    selection: &DeadLetterSelection,
    yes: bool,
    bus: &str,
    as_json: bool,
) -> Result<(), CliError> {
    let letters = selection.letters(dead_letters).await?;
    if !letters.is_empty() && !yes {
        let question = format!("Permanently drop {} from the bus ({bus})?", per_topic(&letters));
        if !confirm::agreed("dropping dead letters", &question)? {
            return Err(CliError::Failed("no dead letter was dropped".to_owned()));
        }
    }
    let dropped = dead_letters.discard(letters).await?;
    let mut out = output::stdout();
    if as_json {
        out.json(&json!({ "dropped": dropped }))?;
    } else {
        writeln!(out, "dropped {}", many(dropped))?;
    }
    Ok(())
}

fn many(count: usize) -> String {
    format!("{count} dead letter{}", if count == 1 { "" } else { "s" })
}

/// The counts per topic.
fn per_topic(letters: &[Letter]) -> String {
    let topics = letters.iter().fold(BTreeMap::<&str, usize>::new(), |mut topics, letter| {
        *topics.entry(&letter.id.topic).or_default() += 1;
        topics
    });
    let each: Vec<_> = topics.iter().map(|(topic, count)| format!("{count} from {topic}")).collect();
    format!("{} ({})", many(letters.len()), each.join(", "))
}
