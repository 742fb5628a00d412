//! Instants as integers that every store compares.

use jiff::Timestamp;

/// Microseconds since 1970. They are finer than Discord's clock, and exact as floats too, which Qdrant compares.
pub(crate) fn microseconds(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}
