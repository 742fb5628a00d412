//! Instants as numbers that every store can compare.

use jiff::Timestamp;

/// Nanoseconds since 1970; the years before 1677 and after 2262 are taken for their edges.
pub(crate) fn nanoseconds(instant: Timestamp) -> i64 {
    let nanoseconds = instant.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}
