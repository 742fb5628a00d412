//! `rtfm dlq replay` and `rtfm dlq drop`: both ask before.

use super::choose::Choice;
use crate::{confirm, fault::Fault};
use rtfm_shared::dead_letters::{DeadLetters, Letter};
use serde_json::json;
use std::{collections::BTreeMap, io::Write};

/// Puts letters back. One that died again after that is left, so that replaying never goes round in circles.
pub(super) async fn replay(
    desk: &DeadLetters,
    choice: &Choice,
    again: bool,
    yes: bool,
    bus: &str,
    as_json: bool,
) -> Result<(), Fault> {
    let (letters, left): (Vec<_>, Vec<_>) =
        choice.letters(desk).await?.into_iter().partition(|letter| again || letter.replays == 0);
    let left = left.len();
    if !letters.is_empty() && !yes {
        let question = format!("Put {} back on the bus ({bus}), to be handled again?", counted(&letters));
        if !confirm::agreed("putting dead letters back", &question)? {
            return Err(Fault::Failed("nothing was put back".to_owned()));
        }
    }
    let outcome = desk.replay(letters).await?;
    let refused: Vec<_> =
        outcome.refused.iter().map(|(id, error)| json!({ "id": id.to_string(), "error": error.to_string() })).collect();
    let mut out = std::io::stdout();
    if as_json {
        writeln!(
            out,
            "{}",
            json!({ "replayed": outcome.replayed, "left": left, "cut": outcome.cut, "refused": refused })
        )?;
    } else {
        writeln!(out, "put back {}", many(outcome.replayed))?;
        if left > 0 {
            writeln!(out, "left {} that died again after a replay; --again puts them back, too", many(left))?;
        }
        if outcome.cut > 0 {
            writeln!(
                out,
                "left {} of which only the beginning is kept; drop what is of no more use",
                many(outcome.cut)
            )?;
        }
    }
    outcome.refused.iter().for_each(|(id, error)| eprintln!("rtfm: {id} cannot be put back: {error}"));
    if outcome.refused.is_empty() { Ok(()) } else { Err(Fault::Reported) }
}

/// Loses letters.
pub(super) async fn drop(
    desk: &DeadLetters,
    choice: &Choice,
    yes: bool,
    bus: &str,
    as_json: bool,
) -> Result<(), Fault> {
    let letters = choice.letters(desk).await?;
    if !letters.is_empty() && !yes {
        let question = format!("Drop {} from the bus ({bus}) for good?", counted(&letters));
        if !confirm::agreed("dropping dead letters", &question)? {
            return Err(Fault::Failed("nothing was dropped".to_owned()));
        }
    }
    let dropped = desk.forget(letters).await?;
    let mut out = std::io::stdout();
    match as_json {
        true => writeln!(out, "{}", json!({ "dropped": dropped }))?,
        false => writeln!(out, "dropped {}", many(dropped))?,
    }
    Ok(())
}

fn many(count: usize) -> String {
    format!("{count} dead letter{}", if count == 1 { "" } else { "s" })
}

/// How many of which topic.
fn counted(letters: &[Letter]) -> String {
    let topics = letters.iter().fold(BTreeMap::<&str, usize>::new(), |mut topics, letter| {
        *topics.entry(&letter.id.topic).or_default() += 1;
        topics
    });
    let each: Vec<_> = topics.iter().map(|(topic, count)| format!("{count} of {topic}")).collect();
    format!("{} ({})", many(letters.len()), each.join(", "))
}
