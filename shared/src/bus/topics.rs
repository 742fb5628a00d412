//! The catalogue: every topic of the system, with the shape it must have.

use std::time::Duration;

/// What happened in channels.
pub const MESSAGES: &str = "discord-messages";
/// Questions.
pub const QUERIES: &str = "bot-queries";
/// Answers.
pub const RESPONSES: &str = "bot-responses";
/// Glimpses of answers under way.
pub const PROGRESS: &str = "bot-progress";
/// Settings, opt-outs and checkpoints, compacted.
pub const SETTINGS: &str = "bot-settings";

/// What people thought of answers.
pub const FEEDBACK: &str = "bot-feedback";

/// The topic for what cannot be handled on `topic`.
pub fn dead_letters_of(topic: &str) -> String {
    format!("{topic}{DEAD_LETTERS}")
}

/// Whether a topic is for what cannot be handled on another.
pub fn is_for_dead_letters(topic: &str) -> bool {
    topic.ends_with(DEAD_LETTERS)
}

const DEAD_LETTERS: &str = ".dlq";

/// How old records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// After the retention time.
    Delete,
    /// When a newer record with the same key is there.
    Compact,
}

/// The shape of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// How long records are kept; `None`: for ever.
    pub retention: Option<Duration>,
    /// How old records go.
    pub cleanup: Cleanup,
}

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Every topic of the system.
pub fn catalogue() -> Vec<TopicSpec> {
    let delete = |name: &str, partitions, retention| TopicSpec {
        name: name.to_owned(),
        partitions,
        retention: Some(retention),
        cleanup: Cleanup::Delete,
    };
    let mut topics = vec![
        delete(MESSAGES, 3, 7 * DAY),
        delete(QUERIES, 3, DAY),
        delete(RESPONSES, 3, DAY),
        delete(PROGRESS, 3, HOUR),
        delete(FEEDBACK, 1, 90 * DAY),
        TopicSpec { name: SETTINGS.to_owned(), partitions: 1, retention: None, cleanup: Cleanup::Compact },
    ];
    let dead_letters: Vec<_> = topics.iter().map(|topic| delete(&dead_letters_of(&topic.name), 1, 14 * DAY)).collect();
    topics.extend(dead_letters);
    topics
}
