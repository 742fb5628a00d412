//! Selects dead letters by id, or by topic, reason and time.

use super::{list::reason, time};
use crate::error::CliError;
use clap::Args;
use jiff::Timestamp;
use rtfm_shared::{
    bus::topics::{catalogue, dead_letter_topic, is_dead_letter_topic},
    dead_letters::{DeadLetters, Letter, LetterId},
};
use std::collections::BTreeSet;

#[derive(Debug, Default, Args)]
pub(super) struct DeadLetterFilter {
    /// Only letters from this topic; repeatable
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
    /// Only letters with this reason; repeatable
    #[arg(long, value_name = "REASON")]
    reason: Vec<String>,
    /// Only letters since a time: an instant, a day, or an age (30m, 2h, 3d)
    #[arg(long, value_name = "WHEN", value_parser = time::parse)]
    since: Option<Timestamp>,
    /// Only letters before a time
    #[arg(long, value_name = "WHEN", value_parser = time::parse)]
    until: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct DeadLetterSelection {
    /// Ids from `rtfm dlq list`
    #[arg(value_name = "ID", conflicts_with_all = ["topic", "reason", "since", "until", "all"])]
    ids: Vec<LetterId>,
    #[command(flatten)]
    filter: DeadLetterFilter,
    /// All dead letters of every topic
    #[arg(long)]
    all: bool,
}

impl DeadLetterFilter {
    /// The matching letters, oldest first within each topic.
    pub(super) async fn letters(&self, dead_letters: &DeadLetters) -> Result<Vec<Letter>, CliError> {
        let mut letters = Vec::new();
        for topic in self.topics()? {
            letters.extend(dead_letters.unsettled(&topic).await?);
        }
        letters.retain(|letter| {
            (self.reason.is_empty() || self.reason.iter().any(|wanted| wanted == reason(letter)))
                && self.since.is_none_or(|since| letter.since >= since)
                && self.until.is_none_or(|until| letter.since < until)
        });
        Ok(letters)
    }

    fn topics(&self) -> Result<BTreeSet<String>, CliError> {
        let known: BTreeSet<String> =
            catalogue().into_iter().map(|spec| spec.name).filter(|name| !is_dead_letter_topic(name)).collect();
        if self.topic.is_empty() {
            return Ok(known);
        }
        let named = self.topic.iter().map(|name| name.strip_suffix(&dead_letter_topic("")).unwrap_or(name).to_owned());
        let named: BTreeSet<String> = named.collect();
        match named.difference(&known).next() {
            None => Ok(named),
            Some(unknown) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                Err(CliError::Usage(format!("--topic {unknown}: unknown topic; choose from {}", known.join(", "))))
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.topic.is_empty() && self.reason.is_empty() && self.since.is_none() && self.until.is_none()
    }
}

impl DeadLetterSelection {
    /// Requires an explicit selection: an empty one must not select everything by accident.
    pub(super) fn validate(&self) -> Result<(), CliError> {
        if self.ids.is_empty() && self.filter.is_empty() && !self.all {
            return Err(CliError::Usage(
                "no dead letters selected; pass ids from `rtfm dlq list`, or --topic, --reason, --since, --until or --all"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// The selected letters. An unknown id is an error.
    pub(super) async fn letters(&self, dead_letters: &DeadLetters) -> Result<Vec<Letter>, CliError> {
        if self.ids.is_empty() {
            return self.filter.letters(dead_letters).await;
        }
        let wanted: BTreeSet<&LetterId> = self.ids.iter().collect();
        let mut letters = Vec::new();
        for topic in wanted.iter().map(|id| id.topic.as_str()).collect::<BTreeSet<_>>() {
            letters
                .extend(dead_letters.unsettled(topic).await?.into_iter().filter(|letter| wanted.contains(&letter.id)));
        }
        match wanted.iter().find(|id| !letters.iter().any(|letter| letter.id == ***id)) {
            None => Ok(letters),
            Some(id) => Err(not_found(id)),
        }
    }
}

pub(super) fn not_found(id: &LetterId) -> CliError {
    CliError::Failed(format!(
        "there is no dead letter {id}: it was replayed, dropped, or has expired; `rtfm dlq list` shows the others"
    ))
}
