//! Behaviour of Kafka alone: brokers that go away and come back, fenced members, a real broker's retention and
//! compaction, and a consumer slower than its topic.

mod corner;
mod faults;
mod flow;
mod keeping;
mod membership;
mod oversized;
