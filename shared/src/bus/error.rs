//! What can go wrong on the roads, and what it means for the caller.

use crate::resilience::{Class, Classify};

/// A failure of the bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The record is larger than the bus takes; it will never be taken.
    #[error("a record of {size} bytes for topic {topic} is over the limit of {limit} bytes")]
    TooLarge {
        /// The topic it was meant for.
        topic: String,
        /// Key, value and headers together.
        size: usize,
        /// The largest that is taken.
        limit: usize,
    },
    /// The topic does not take this record and never will, as a compacted one does not take a record without
    /// a key.
    #[error("topic {0} refuses the record for good: a record on a compacted topic needs a key")]
    InvalidRecord(String),
    /// A topic that does not exist.
    #[error("topic {0} does not exist; create it with `rtfm topics create`")]
    UnknownTopic(String),
    /// A partition that the topic does not have.
    #[error("topic {topic} has no partition {partition}")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The partition asked for.
        partition: i32,
    },
    /// Something that waiting may mend: the broker is away, the file is locked.
    #[error("the bus is unavailable: {0}")]
    Unavailable(String),
    /// The consumer is closed or was put out of its group.
    #[error("the consumer is closed: {0}")]
    Closed(String),
    /// A setting, permission or file that somebody must mend.
    #[error("the bus cannot be used: {0}")]
    Fatal(String),
}

impl Classify for BusError {
    fn class(&self) -> Class {
        match self {
            Self::TooLarge { .. } | Self::InvalidRecord(_) => Class::Permanent,
            Self::UnknownTopic(_) | Self::UnknownPartition { .. } | Self::Unavailable(_) | Self::Fatal(_) => {
                Class::DependencyDown
            }
            Self::Closed(_) => Class::Transient,
        }
    }
}
