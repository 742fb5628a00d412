//! Which letters: by name, or by topic, reason and time.

use super::{list::reason, when};
use crate::fault::Fault;
use clap::Args;
use jiff::Timestamp;
use rtfm_shared::{
    bus::topics::{catalogue, dead_letters_of, is_for_dead_letters},
    dead_letters::{DeadLetters, Letter, LetterId},
};
use std::collections::BTreeSet;

#[derive(Debug, Default, Args)]
pub(super) struct Filter {
    /// Only what could not be handled on this topic; may be given more than once
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,
    /// Only this reason; may be given more than once
    #[arg(long, value_name = "REASON")]
    reason: Vec<String>,
    /// Only what died since: an instant, a day, or how long ago (30m, 2h, 3d)
    #[arg(long, value_name = "WHEN", value_parser = when::parse)]
    since: Option<Timestamp>,
    /// Only what died before
    #[arg(long, value_name = "WHEN", value_parser = when::parse)]
    until: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct Choice {
    /// These, as `list` names them
    #[arg(value_name = "ID", conflicts_with_all = ["topic", "reason", "since", "until", "all"])]
    ids: Vec<LetterId>,
    #[command(flatten)]
    filter: Filter,
    /// All there are
    #[arg(long)]
    all: bool,
}

impl Filter {
    /// The letters that fit, oldest first within each topic.
    pub(super) async fn letters(&self, desk: &DeadLetters) -> Result<Vec<Letter>, Fault> {
        let mut letters = Vec::new();
        for topic in self.topics()? {
            letters.extend(desk.unsettled(&topic).await?);
        }
        letters.retain(|letter| {
            (self.reason.is_empty() || self.reason.iter().any(|wanted| wanted == reason(letter)))
                && self.since.is_none_or(|since| letter.since >= since)
                && self.until.is_none_or(|until| letter.since < until)
        });
        Ok(letters)
    }

    fn topics(&self) -> Result<BTreeSet<String>, Fault> {
        let known: BTreeSet<String> =
            catalogue().into_iter().map(|spec| spec.name).filter(|name| !is_for_dead_letters(name)).collect();
        if self.topic.is_empty() {
            return Ok(known);
        }
        let named = self.topic.iter().map(|name| name.strip_suffix(&dead_letters_of("")).unwrap_or(name).to_owned());
        let named: BTreeSet<String> = named.collect();
        match named.difference(&known).next() {
            None => Ok(named),
            Some(unknown) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                Err(Fault::Usage(format!("--topic {unknown}: there is no such topic, only {}", known.join(", "))))
            }
        }
    }

    fn is_open(&self) -> bool {
        self.topic.is_empty() && self.reason.is_empty() && self.since.is_none() && self.until.is_none()
    }
}

impl Choice {
    /// Everything is only meant when it is said.
    pub(super) fn is_made(&self) -> Result<(), Fault> {
        if self.ids.is_empty() && self.filter.is_open() && !self.all {
            return Err(Fault::Usage(
                "which ones? Name them (as `rtfm dlq list` does), or say --topic, --reason, --since, --until or --all"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// The letters that are meant. One that is named and not there is an error.
    pub(super) async fn letters(&self, desk: &DeadLetters) -> Result<Vec<Letter>, Fault> {
        if self.ids.is_empty() {
            return self.filter.letters(desk).await;
        }
        let wanted: BTreeSet<&LetterId> = self.ids.iter().collect();
        let mut letters = Vec::new();
        for topic in wanted.iter().map(|id| id.topic.as_str()).collect::<BTreeSet<_>>() {
            letters.extend(desk.unsettled(topic).await?.into_iter().filter(|letter| wanted.contains(&letter.id)));
        }
        match wanted.iter().find(|id| !letters.iter().any(|letter| letter.id == ***id)) {
            None => Ok(letters),
            Some(missing) => Err(absent(missing)),
        }
    }
}

/// What it means that a letter is not there.
pub(super) fn absent(id: &LetterId) -> Fault {
    Fault::Failed(format!(
        "there is no dead letter {id}: it was settled, or expired; `rtfm dlq list` shows those there are"
    ))
}
