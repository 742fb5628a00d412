//! Failures of the bus and their classes.

use crate::resilience::{Class, Classify};

#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The record is larger than the bus accepts.
    #[error("a record of {size} bytes for topic {topic} is over the limit of {limit} bytes")]
    TooLarge {
        topic: String,
        /// Bytes of key, value and headers.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The topic never accepts this record: a compacted topic needs a key.
    #[error("topic {0} refuses the record: a compacted topic needs a key")]
    InvalidRecord(String),
    #[error("topic {0} does not exist; create it with `rtfm topics create`")]
    UnknownTopic(String),
    #[error("topic {topic} has no partition {partition}")]
    UnknownPartition { topic: String, partition: i32 },
    /// The broker is unreachable or the file is locked; waiting may help.
    #[error("the bus is unavailable: {0}")]
    Unavailable(String),
    /// The consumer is closed or was removed from its group.
    #[error("the consumer is closed: {0}")]
    Closed(String),
    /// A setting, a permission or a file needs a person.
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
