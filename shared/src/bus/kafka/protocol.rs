//! Subscriptions and assignments in Kafka's consumer protocol, which the broker passes on as bytes. Numbers are
//! big-endian; fields after those read here are ignored.

use crate::bus::TopicPartition;
use std::sync::Arc;

/// The topics of a subscription, sorted: a version, then an array of strings. `None` when malformed.
pub(super) fn subscribed(mut bytes: &[u8]) -> Option<Vec<String>> {
    let _version = short(&mut bytes)?;
    let mut names = Vec::new();
    for _ in 0..int(&mut bytes)? {
        names.push(string(&mut bytes)?);
    }
    names.sort();
    Some(names)
}

/// The partitions of an assignment, sorted: a version, then an array of topics, each with an array of numbers. `None`
/// when malformed.
pub(super) fn assigned(mut bytes: &[u8]) -> Option<Vec<TopicPartition>> {
    let _version = short(&mut bytes)?;
    let mut partitions = Vec::new();
    for _ in 0..int(&mut bytes)? {
        let topic: Arc<str> = string(&mut bytes)?.into();
        for _ in 0..int(&mut bytes)? {
            partitions.push(TopicPartition::new(topic.clone(), int(&mut bytes)?));
        }
    }
    partitions.sort();
    Some(partitions)
}

fn short(bytes: &mut &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.split_off(..2)?.first_chunk()?))
}

fn int(bytes: &mut &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(*bytes.split_off(..4)?.first_chunk()?))
}

fn string(bytes: &mut &[u8]) -> Option<String> {
    let length = short(bytes)?;
    String::from_utf8(bytes.split_off(..usize::from(length))?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_read() {
        // Version 3, two topics, then user data, owned partitions, generation and rack.
        let subscription = b"\0\x03\0\0\0\x02\0\x05other\0\x03one\xff\xff\xff\xff\0\0\0\0\0\0\0\x01\xff\xff";
        assert_eq!(subscribed(subscription).unwrap(), ["one", "other"]);
        assert_eq!(subscribed(b"\0\x03\0\0\0\0").unwrap(), Vec::<String>::new());
        for broken in [&b""[..], b"\0\x03\0\0\0\x02\0\x09one", b"\0\x03\0\0\0\x01\0\x01\xff"] {
            assert_eq!(subscribed(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn an_assignment_is_read() {
        let assignment =
            b"\0\x03\0\0\0\x02\0\x01t\0\0\0\x02\0\0\0\x02\0\0\0\0\0\x01a\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff";
        let expected = [("a", 1), ("t", 0), ("t", 2)].map(|(topic, partition)| TopicPartition::new(topic, partition));
        assert_eq!(assigned(assignment).unwrap(), expected);
        assert_eq!(assigned(b"\0\x03\0\0\0\x01\0\x01t\0\0\0\x02\0\0\0\x02"), None);
    }
}
