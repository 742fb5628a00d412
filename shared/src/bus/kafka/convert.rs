//! Between the library's types and the bus's.

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

/// Stands for the headers that could not be read, as the last of those that could; its value says which.
const LEFT_OUT: &str = "rtfm-headers-left-out";

/// Headers as the bus has them, and whether they are all. The library panics at a name that is not UTF-8, which
/// any client may send and which must not end the polling thread. Each panic is printed, so a record with many
/// such names would hold the thread until its group puts it out: reading ends at the first.
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

/// Makes records of messages; topic names are shared among them.
#[derive(Debug, Default)]
pub(super) struct RecordReader {
    topics: HashSet<Arc<str>>,
}

impl RecordReader {
    /// The message as a record.
    pub(super) fn record(&mut self, message: &BorrowedMessage<'_>) -> Record {
        let (headers, whole) = message.headers().map_or((Headers::default(), true), read);
        if !whole {
            tracing::warn!(
                at = %format_args!("{}[{}]", message.topic(), message.partition()), offset = message.offset(),
                "kafka: a header's name is not UTF-8; it and those after it are left out"
            );
        }
        Record {
            at: TopicPartition { topic: self.topic(message.topic()), partition: message.partition() },
            offset: message.offset(),
            // Only records from before Kafka 0.10 have no time, and only a client's own time can be beyond the calendar.
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
