//! The durations in the documents are those of the topics.

use super::{DOCUMENTS, promises, statements::statements, text};
use rtfm_shared::bus::topics::{
    self, FEEDBACK, MESSAGES, PROGRESS, QUERIES, RESPONSES, SETTINGS, TopicSpec, dead_letter_topic,
};
use std::time::Duration;

/// What the documents write for a retention.
fn words(retention: Option<Duration>) -> String {
    let Some(retention) = retention else { return "without limit".to_owned() };
    let hours = retention.as_secs() / 3600;
    let (count, unit) = if hours % 24 == 0 { (hours / 24, "day") } else { (hours, "hour") };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn spec(name: &str) -> TopicSpec {
    topics::catalogue().into_iter().find(|topic| topic.name == name).unwrap()
}

#[test]
fn security_gives_the_retention_of_every_topic() {
    let statements = statements(&text("SECURITY.md"));
    for topic in topics::catalogue() {
        let name = if topics::is_dead_letter_topic(&topic.name) { "<topic>.dlq" } else { &topic.name };
        let rows = statements.iter().filter(|row| row.starts_with("| `") && row.contains(&format!("`{name}`")));
        let durations: Vec<&str> = rows.filter_map(|row| row.split(" | ").nth(2)).collect();
        let wanted = words(topic.retention);
        assert!(durations.iter().any(|duration| duration.starts_with(&wanted)), "{name}: {wanted}, not {durations:?}");
    }
}

#[test]
fn privacy_gives_the_retention_of_every_topic() {
    let statements = statements(&text("PRIVACY.md"));
    for (what, topics) in [
        ("a log of what happened in channels", vec![MESSAGES.to_owned()]),
        ("questions to the bot with the conversation", vec![QUERIES.to_owned(), RESPONSES.to_owned()]),
        ("what you thought of an answer", vec![FEEDBACK.to_owned()]),
        ("records that could not be handled", vec![dead_letter_topic(MESSAGES), dead_letter_topic(QUERIES)]),
    ] {
        let row =
            statements.iter().find(|row| row.starts_with(&format!("| {what}"))).unwrap_or_else(|| panic!("{what}"));
        let duration = row.split(" | ").nth(2).unwrap();
        for topic in topics {
            let wanted = words(spec(&topic).retention);
            assert!(duration.starts_with(&wanted), "{topic}: {wanted}, not {duration}");
        }
    }
    assert_eq!(
        (words(spec(SETTINGS).retention), words(spec(PROGRESS).retention).as_str()),
        ("without limit".into(), "1 hour")
    );
}

#[test]
fn every_document_makes_promises() {
    let promises = promises();
    for document in DOCUMENTS {
        assert!(promises.iter().filter(|promise| promise.document == document).count() >= 30, "{document}");
    }
}
