//! Instants as numbers that every store can compare.

use jiff::Timestamp;

/// Microseconds since 1970: finer than any clock on Discord, and exact as a float too, which is what
/// some engines compare.
pub(crate) fn microseconds(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}
