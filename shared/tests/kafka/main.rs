//! What is Kafka's own: brokers that go away and come back, members that are put out, retention and
//! compaction as a real broker does them, a consumer that is slower than its topic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod corner;
mod faults;
mod flow;
mod keeping;
mod membership;
mod oversized;
