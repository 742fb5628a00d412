//! The catalogue of topics and their shapes.

use std::time::Duration;

/// Messages and other events of channels.
pub const MESSAGES: &str = "discord-messages";
pub const QUERIES: &str = "bot-queries";
pub const RESPONSES: &str = "bot-responses";
/// Partial answers; losing some of them is harmless.
pub const PROGRESS: &str = "bot-progress";
/// Settings, opt-outs and checkpoints; compacted.
pub const SETTINGS: &str = "bot-settings";

/// What people thought of answers (👍 and 👎).
pub const FEEDBACK: &str = "bot-feedback";

/// The dead-letter topic of `topic`.
pub fn dead_letter_topic(topic: &str) -> String {
    format!("{topic}{DEAD_LETTERS}")
}

/// Whether a topic is a dead-letter topic.
pub fn is_dead_letter_topic(topic: &str) -> bool {
    topic.ends_with(DEAD_LETTERS)
}

const DEAD_LETTERS: &str = ".dlq";

/// How a topic drops old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// After the retention time.
    Delete,
    /// When a newer record has the same key.
    Compact,
}

/// The shape that a topic must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: String,
    pub partitions: i32,
    /// How long records are kept; `None` means without limit.
    pub retention: Option<Duration>,
    pub cleanup: Cleanup,
}

impl TopicSpec {
    /// How long an outdated record may stay. Kafka removes whole segments and never the one that it writes to, so this
    /// is the age at which it begins a new one: a tenth of the retention, at most a day.
    pub fn cleanup_delay(&self) -> Duration {
        self.retention.map_or(DAY, |kept| (kept / 10).clamp(SHORTEST_DELAY, DAY))
    }
}

/// Each segment costs the broker files and work.
const SHORTEST_DELAY: Duration = Duration::from_secs(1);
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
    let dead_letters: Vec<_> =
        topics.iter().map(|topic| delete(&dead_letter_topic(&topic.name), 1, 14 * DAY)).collect();
    topics.extend(dead_letters);
    topics
}
