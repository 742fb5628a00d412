//! Conversions between librdkafka's types and the bus's.

use crate::bus::{Headers, Record, TopicPartition};
use bytes::Bytes;
use jiff::Timestamp;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    error::KafkaError,
    message::{BorrowedMessage, Header, OwnedHeaders},
};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

pub(super) fn partitions(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements().iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}

pub(super) fn list<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for at in partitions {
        list.add_partition(&at.topic, at.partition);
    }
    list
}

/// Partitions with the next offset to read on each.
pub(super) fn offsets<'a>(
    offsets: impl IntoIterator<Item = (&'a TopicPartition, i64)>,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for (at, offset) in offsets {
        list.add_partition_offset(&at.topic, at.partition, Offset::Offset(offset))?;
    }
    Ok(list)
}

pub(super) fn headers(headers: &Headers) -> Option<OwnedHeaders> {
    if headers.0.is_empty() {
        return None;
    }
    let owned = OwnedHeaders::new_with_capacity(headers.0.len());
    Some(headers.0.iter().fold(owned, |owned, (key, value)| owned.insert(Header { key, value: Some(value.as_ref()) })))
}

/// Replaces headers that could not be read; its value gives their numbers.
const LEFT_OUT: &str = "rtfm-headers-left-out";

/// Reads headers; false when some could not be read. The library panics on a header name that is not UTF-8. Any client
/// can send one, so the panic must not end the polling thread. Each panic is also printed, and a record with many such
/// names would block the thread past its poll interval, so reading stops at the first.
fn read(found: &impl rdkafka::message::Headers) -> (Headers, bool) {
    let mut headers = Headers::default();
    for index in 0..found.count() {
        let header = AssertUnwindSafe(|| {
            let header = found.try_get(index)?;
            Some((header.key.to_owned(), Bytes::copy_from_slice(header.value.unwrap_or_default())))
        });
        match catch_unwind(header) {
            Ok(header) => headers.0.extend(header),
            Err(_) => {
                let (first, last) = (index + 1, found.count());
                headers.push(LEFT_OUT, format!("{first} to {last}: the name of {first} is not UTF-8"));
                return (headers, false);
            }
        }
    }
    (headers, true)
}

/// Converts messages to records that share their topic names.
#[derive(Debug, Default)]
pub(super) struct RecordReader {
    topics: HashSet<Arc<str>>,
}

impl RecordReader {
    pub(super) fn record(&mut self, message: &BorrowedMessage<'_>) -> Record {
        let (headers, whole) = message.headers().map_or((Headers::default(), true), read);
        if !whole {
            tracing::warn!(
                at = %format_args!("{}[{}]", message.topic(), message.partition()), offset = message.offset(),
                "kafka: skipping headers from one whose name is not UTF-8"
            );
        }
        Record {
            at: TopicPartition { topic: self.topic(message.topic()), partition: message.partition() },
            offset: message.offset(),
            // Only records older than Kafka 0.10 lack a time, and only a client can set one beyond the calendar.
            timestamp: message
                .timestamp()
                .to_millis()
                .and_then(|millis| Timestamp::from_millisecond(millis).ok())
                .unwrap_or(Timestamp::UNIX_EPOCH),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A hundred headers, of which the library cannot read those with an odd number.
    struct Odd(Cell<usize>);

    impl rdkafka::message::Headers for Odd {
        fn count(&self) -> usize {
            100
        }

        fn try_get(&self, index: usize) -> Option<Header<'_, &[u8]>> {
            self.0.set(self.0.get() + 1);
            assert!(index.is_multiple_of(2), "not UTF-8");
            Some(Header { key: "even", value: Some(b"v") })
        }
    }

    #[test]
    fn headers_are_read_up_to_the_first_name_that_is_not_utf8() {
        let odd = Odd(Cell::default());
        let (headers, whole) = read(&odd);
        assert_eq!(odd.0.get(), 2, "one panic a record, however many such names it has");
        assert!(!whole);
        assert_eq!(headers.text("even"), Some("v"));
        assert_eq!(headers.text(LEFT_OUT), Some("2 to 100: the name of 2 is not UTF-8"));
        assert_eq!(headers.0.len(), 2);
    }
}
