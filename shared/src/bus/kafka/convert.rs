//! Between the library's types and the bus's.

use crate::bus::{Headers, Record, TopicPartition};
use bytes::Bytes;
use jiff::Timestamp;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    error::KafkaError,
    message::{BorrowedHeaders, BorrowedMessage, Header, Headers as _, OwnedHeaders},
};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The partitions of a list.
pub(super) fn partitions(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements().iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}

/// A list of partitions without offsets.
pub(super) fn list<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for at in partitions {
        list.add_partition(&at.topic, at.partition);
    }
    list
}

/// A list of partitions with the next offset to read on each.
pub(super) fn offsets<'a>(
    offsets: impl IntoIterator<Item = (&'a TopicPartition, i64)>,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for (at, offset) in offsets {
        list.add_partition_offset(&at.topic, at.partition, Offset::Offset(offset))?;
    }
    Ok(list)
}

/// Headers as the library takes them.
pub(super) fn headers(headers: &Headers) -> Option<OwnedHeaders> {
    if headers.0.is_empty() {
        return None;
    }
    let owned = OwnedHeaders::new_with_capacity(headers.0.len());
    Some(headers.0.iter().fold(owned, |owned, (key, value)| owned.insert(Header { key, value: Some(value.as_ref()) })))
}

/// One header. The library panics at a name that is not UTF-8, which any client may send and which must not
/// end the polling thread: such a header is left out, and only its place is kept.
fn header(headers: &BorrowedHeaders, index: usize) -> Option<(String, Bytes)> {
    let read = AssertUnwindSafe(|| {
        let header = headers.try_get(index)?;
        Some((header.key.to_owned(), Bytes::copy_from_slice(header.value.unwrap_or_default())))
    });
    catch_unwind(read).unwrap_or_else(|_| {
        tracing::warn!("kafka: a header whose name is not UTF-8 is left out");
        Some((char::REPLACEMENT_CHARACTER.to_string(), Bytes::new()))
    })
}

/// Makes records of messages; topic names are shared among them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    topics: HashSet<Arc<str>>,
}

impl Reader {
    /// The message as a record.
    pub(super) fn record(&mut self, message: &BorrowedMessage<'_>) -> Record {
        let mut headers = Headers::default();
        if let Some(found) = message.headers() {
            (0..found.count()).for_each(|index| headers.0.extend(header(found, index)));
        }
        let millis = message.timestamp().to_millis().unwrap_or_default();
        Record {
            at: TopicPartition { topic: self.topic(message.topic()), partition: message.partition() },
            offset: message.offset(),
            timestamp: Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH),
            key: message.key().map(Bytes::copy_from_slice),
            value: message.payload().map(Bytes::copy_from_slice),
            headers,
        }
    }

    fn topic(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.topics.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.topics.insert(name.clone());
        name
    }
}
