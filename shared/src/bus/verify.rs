//! Compares the catalogue with the existing topics and proposes remedies.

use super::{Bus, BusError, Cleanup, TopicSpec, TopicState, topics::catalogue};
use crate::resilience::{Backoff, retry};
use std::time::Duration;

/// A difference between a topic and its specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Drift {
    #[error("{topic} does not exist")]
    Missing { topic: String },
    #[error("{topic} has {found} partition(s) instead of {expected}")]
    Partitions { topic: String, expected: i32, found: i32 },
    #[error("{topic} keeps its records {} instead of {}", kept(*found), kept(*expected))]
    Retention {
        topic: String,
        /// In milliseconds; `None` means without limit.
        expected: Option<i64>,
        /// In milliseconds; `None` means without limit.
        found: Option<i64>,
    },
    #[error("{topic} is cleaned up by {} instead of {}", policy(*found), policy(*expected))]
    Cleanup { topic: String, expected: Cleanup, found: Cleanup },
    #[error("{topic} may keep outdated records {}, not {} at most", kept(*found), kept(Some(*expected)))]
    CleanupDelay {
        topic: String,
        /// In milliseconds, like what was found.
        expected: i64,
        /// In milliseconds; `None` means without limit.
        found: Option<i64>,
    },
}

impl Drift {
    pub fn topic(&self) -> &str {
        match self {
            Self::Missing { topic }
            | Self::Partitions { topic, .. }
            | Self::Retention { topic, .. }
            | Self::Cleanup { topic, .. }
            | Self::CleanupDelay { topic, .. } => topic,
        }
    }

    /// Whether [`Bus::repair_topics`] removes it.
    pub fn is_repairable(&self) -> bool {
        matches!(self, Self::Retention { .. } | Self::Cleanup { .. } | Self::CleanupDelay { .. })
    }

    /// What an operator can do about it.
    pub fn remedy(&self, is_local: bool) -> String {
        match self {
            Self::Missing { .. } => "create it: rtfm topics create".to_owned(),
            Self::Retention { .. } | Self::Cleanup { .. } | Self::CleanupDelay { .. } => {
                "set it: rtfm topics create --repair".to_owned()
            }
            Self::Partitions { topic, .. } if is_local => format!(
                "this is harmless; to match the catalogue, stop the services, wait until `rtfm status` shows no \
                 lag, and create the topic again (with its records): rtfm topics delete {topic}, rtfm topics create"
            ),
            Self::Partitions { topic, expected, found } if found < expected => format!(
                "stop the services, let the consumers catch up, and add partitions: kafka-topics.sh --alter --topic \
                 {topic} --partitions {expected} (keys move to other partitions, so nothing old may still wait)"
            ),
            Self::Partitions { .. } => "more partitions are harmless; leave them, or delete the topic (with its \
                                        records) and create it again: rtfm topics delete, rtfm topics create"
                .to_owned(),
        }
    }
}

/// Compares every topic of the catalogue with the bus, in the catalogue's order.
pub async fn verify(bus: &dyn Bus, catalogue: &[TopicSpec]) -> Result<Vec<Drift>, BusError> {
    let names: Vec<_> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
    let states = bus.describe_topics(&names).await?;
    Ok(catalogue.iter().zip(states).flat_map(|(spec, state)| compare(spec, state.as_ref())).collect())
}

/// Like [`verify`], but skips the settings where ACLs deny reading them; a service needs no more than Describe.
async fn verify_readable(bus: &dyn Bus, catalogue: &[TopicSpec]) -> Result<Vec<Drift>, BusError> {
    match verify(bus, catalogue).await {
        Err(BusError::Fatal(reason)) => {
            tracing::debug!(reason, "failed to read the topics' settings, verifying partitions only");
            let names: Vec<_> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
            let marks = bus.watermarks(&names).await?;
            Ok(catalogue.iter().zip(marks).flat_map(|(spec, marks)| compare_partitions(spec, marks)).collect())
        }
        verified => verified,
    }
}

/// Logs the catalogue's drift as soon as the bus answers. Services keep running with drifted topics.
pub async fn warn_of_drift(bus: &dyn Bus) {
    let mut delays = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
    let catalogue = catalogue();
    let drifts = retry(
        &mut delays,
        || verify_readable(bus, &catalogue),
        |error, delay| {
            tracing::debug!(%error, ?delay, "failed to verify the topics, retrying");
            true
        },
    );
    for drift in drifts.await.into_iter().flatten() {
        tracing::warn!("{drift}; `rtfm topics verify` says what to do");
    }
}

/// Checks that every topic of the catalogue exists; the error names the first missing one.
pub async fn topics_exist(bus: &dyn Bus) -> Result<(), BusError> {
    let there = bus.list_topics().await?;
    let missing = catalogue().into_iter().find(|spec| !there.contains(&spec.name));
    missing.map_or(Ok(()), |spec| Err(BusError::UnknownTopic(spec.name)))
}

fn compare_partitions(spec: &TopicSpec, marks: Option<Vec<(i64, i64)>>) -> Option<Drift> {
    let topic = spec.name.clone();
    let Some(marks) = marks else { return Some(Drift::Missing { topic }) };
    let found = i32::try_from(marks.len()).unwrap_or(i32::MAX);
    (found != spec.partitions).then_some(Drift::Partitions { topic, expected: spec.partitions, found })
}

fn compare(spec: &TopicSpec, state: Option<&TopicState>) -> Vec<Drift> {
    let topic = || spec.name.clone();
    let Some(state) = state else { return vec![Drift::Missing { topic: topic() }] };
    let mut drifts = Vec::new();
    if state.partitions != spec.partitions {
        drifts.push(Drift::Partitions { topic: topic(), expected: spec.partitions, found: state.partitions });
    }
    if state.cleanup != spec.cleanup {
        drifts.push(Drift::Cleanup { topic: topic(), expected: spec.cleanup, found: state.cleanup });
    }
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let retention = spec.retention.map(millis);
    // Compaction ignores the retention time, and a topic compacted by mistake is reported above.
    if state.retention_ms != retention && (spec.cleanup, state.cleanup) == (Cleanup::Delete, Cleanup::Delete) {
        drifts.push(Drift::Retention { topic: topic(), expected: retention, found: state.retention_ms });
    }
    let delay = millis(spec.cleanup_delay());
    // The delay of another kind of cleanup says nothing.
    if state.cleanup == spec.cleanup && state.cleanup_delay_ms.is_none_or(|found| found > delay) {
        drifts.push(Drift::CleanupDelay { topic: topic(), expected: delay, found: state.cleanup_delay_ms });
    }
    drifts
}

fn policy(cleanup: Cleanup) -> &'static str {
    match cleanup {
        Cleanup::Delete => "delete",
        Cleanup::Compact => "compact",
    }
}

fn kept(millis: Option<i64>) -> String {
    let Some(millis) = millis else { return "forever".to_owned() };
    let units = [(24 * 3_600_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")];
    let whole = units.iter().find(|(unit, _)| millis >= *unit && millis % unit == 0);
    match whole {
        Some((unit, name)) if millis == *unit => format!("for 1 {name}"),
        Some((unit, name)) => format!("for {} {name}s", millis / unit),
        None => format!("for {millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(cleanup: Cleanup, retention: Option<u64>) -> TopicSpec {
        TopicSpec { name: "t".to_owned(), partitions: 3, retention: retention.map(Duration::from_secs), cleanup }
    }

    fn state(partitions: i32, cleanup: Cleanup, retention_ms: Option<i64>) -> TopicState {
        TopicState {
            name: "t".to_owned(),
            partitions,
            replication: 1,
            retention_ms,
            cleanup,
            cleanup_delay_ms: Some(0),
            watermarks: Vec::new(),
        }
    }

    fn said(spec: &TopicSpec, state: Option<&TopicState>) -> Vec<String> {
        compare(spec, state).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_difference_is_named_in_words() {
        let day = spec(Cleanup::Delete, Some(86_400));
        assert_eq!(said(&day, None), ["t does not exist"]);
        assert!(said(&day, Some(&state(3, Cleanup::Delete, Some(86_400_000)))).is_empty());
        assert_eq!(
            said(&day, Some(&state(1, Cleanup::Delete, Some(3_600_000)))),
            ["t has 1 partition(s) instead of 3", "t keeps its records for 1 hour instead of for 1 day"]
        );
        assert_eq!(
            said(&day, Some(&state(3, Cleanup::Delete, None))),
            ["t keeps its records forever instead of for 1 day"]
        );
        assert_eq!(
            said(&day, Some(&state(3, Cleanup::Compact, None))),
            ["t is cleaned up by compact instead of delete"]
        );
    }

    #[test]
    fn a_compacted_topic_may_have_any_retention() {
        let settings = spec(Cleanup::Compact, None);
        assert!(said(&settings, Some(&state(3, Cleanup::Compact, Some(1500)))).is_empty());
        assert_eq!(
            said(&settings, Some(&state(3, Cleanup::Delete, Some(1500)))),
            ["t is cleaned up by delete instead of compact"]
        );
    }

    #[test]
    fn outdated_records_that_stay_too_long_are_a_drift() {
        let late = |cleanup, retention, cleanup_delay_ms| {
            let spec = spec(cleanup, retention);
            let retention_ms = retention.and_then(|kept| i64::try_from(kept * 1000).ok());
            said(&spec, Some(&TopicState { cleanup_delay_ms, ..state(3, cleanup, retention_ms) }))
        };
        let (day, week) = (86_400, Some(7 * 86_400_000));
        assert_eq!(
            late(Cleanup::Delete, Some(day), week),
            ["t may keep outdated records for 7 days, not for 144 minutes at most"]
        );
        assert_eq!(late(Cleanup::Compact, None, None), ["t may keep outdated records forever, not for 1 day at most"]);
        assert_eq!(late(Cleanup::Delete, Some(90 * day), week).len(), 1, "a day at most");
        assert!(late(Cleanup::Delete, Some(day), Some(8_640_000)).is_empty());
        assert!(late(Cleanup::Delete, Some(day), Some(1)).is_empty(), "sooner is better");
    }

    #[test]
    fn every_drift_has_a_remedy() {
        let fewer = compare(&spec(Cleanup::Delete, Some(60)), Some(&state(1, Cleanup::Delete, Some(60_000))));
        assert!(fewer[0].remedy(false).contains("--partitions 3"), "{}", fewer[0].remedy(false));
        let local = fewer[0].remedy(true);
        assert!(local.contains("rtfm topics delete t") && !local.contains("kafka"), "{local}");
        let more = compare(&spec(Cleanup::Delete, Some(60)), Some(&state(9, Cleanup::Delete, Some(60_000))));
        assert!(more[0].remedy(false).contains("harmless"));
        let kept = compare(&spec(Cleanup::Delete, Some(60)), Some(&state(3, Cleanup::Delete, None)));
        let cleaned = compare(&spec(Cleanup::Compact, None), Some(&state(3, Cleanup::Delete, None)));
        for drift in kept.iter().chain(&cleaned) {
            assert!(drift.is_repairable() && drift.remedy(false).ends_with("rtfm topics create --repair"), "{drift}");
        }
        assert!(!fewer[0].is_repairable() && !more[0].is_repairable(), "keys would move");
        assert_eq!((cleaned[0].topic(), compare(&spec(Cleanup::Delete, None), None)[0].topic()), ("t", "t"));
    }
}
