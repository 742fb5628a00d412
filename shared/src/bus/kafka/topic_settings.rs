//! The settings of topics on the brokers: written when a topic is created or repaired, and read back.

use super::{Clients, errors};
use crate::{
    bus::{BusError, Cleanup, TopicSpec, TopicState, topics::is_dead_letter_topic},
    config::KafkaConfig,
};
use rdkafka::admin::{
    AdminOptions, ConfigResource, ConfigSource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// Time limit of one request.
const ANSWER: Duration = Duration::from_secs(5);
/// The largest batch on dead-letter topics, after compression: twice a stock broker's limit, so that the largest record
/// fits with its provenance headers.
const DEAD_LETTER_BATCH: usize = 2 << 20;

/// A topic's settings as text, owned while a request borrows them.
pub(super) struct TopicConfig(BTreeMap<&'static str, String>);

impl TopicConfig {
    /// All settings of a new topic.
    pub(super) fn of(spec: &TopicSpec, config: &KafkaConfig) -> Self {
        let Self(mut settings) = Self::cleanup(spec);
        settings.insert("min.insync.replicas", config.min_insync_replicas.to_string());
        if is_dead_letter_topic(&spec.name) {
            settings.insert("max.message.bytes", DEAD_LETTER_BATCH.to_string());
        }
        Self(settings)
    }

    /// The settings by which old records go.
    pub(super) fn cleanup(spec: &TopicSpec) -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX).to_string();
        let policy = match spec.cleanup {
            Cleanup::Delete => "delete",
            Cleanup::Compact => "compact",
        };
        Self(BTreeMap::from([
            ("cleanup.policy", policy.to_owned()),
            ("retention.ms", spec.retention.map_or_else(|| "-1".to_owned(), millis)),
            (delay_setting(spec.cleanup), millis(spec.cleanup_delay())),
        ]))
    }

    pub(super) fn topic<'a>(&'a self, spec: &'a TopicSpec, config: &KafkaConfig) -> NewTopic<'a> {
        let topic = NewTopic::new(&spec.name, spec.partitions, TopicReplication::Fixed(config.replication));
        self.0.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
    }

    /// These settings in place of a topic's own, which stay where they are others: all that the topic is to have.
    pub(super) fn over<'a>(&'a self, resource: &'a ConfigResource) -> HashMap<&'a str, &'a str> {
        let own = resource.entries.iter().filter(|entry| entry.source == ConfigSource::DynamicTopic);
        let own = own.filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?)));
        own.chain(self.0.iter().map(|(name, value)| (*name, value.as_str()))).collect()
    }

    pub(super) fn are_in(&self, resource: &ConfigResource) -> bool {
        self.0.iter().all(|(name, value)| value_of(resource, name) == Some(value))
    }
}

/// The setting that bounds how long an outdated record stays. A compacted topic begins a segment by it too, and is
/// compacted by then however little would go; without it the broker waits until half of the topic is outdated.
fn delay_setting(cleanup: Cleanup) -> &'static str {
    match cleanup {
        Cleanup::Delete => "segment.ms",
        Cleanup::Compact => "max.compaction.lag.ms",
    }
}

fn value_of<'a>(resource: &'a ConfigResource, name: &str) -> Option<&'a String> {
    resource.get(name)?.value.as_ref()
}

/// The settings of existing topics, by name. A topic that does not exist, or whose settings this user may not read, is
/// left out: the client library drops the error and returns no settings.
pub(super) async fn settings_of(
    clients: &Clients,
    names: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, ConfigResource>, BusError> {
    let resources: Vec<_> = names.into_iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    if resources.is_empty() {
        return Ok(HashMap::new());
    }
    let options = AdminOptions::new().request_timeout(Some(ANSWER));
    let described = clients.admin()?.describe_configs(&resources, &options).await;
    let mut settings = HashMap::new();
    for answer in described.map_err(|error| errors::from_kafka("the topics' settings", &error))? {
        let resource = answer.map_err(|code| errors::from_code("the topics' settings", code))?;
        if let (OwnedResourceSpecifier::Topic(name), false) = (&resource.specifier, resource.entries.is_empty()) {
            settings.insert(name.clone(), resource);
        }
    }
    Ok(settings)
}

pub(super) fn read(resource: &ConfigResource, state: &mut TopicState) {
    let number = |name| value_of(resource, name).and_then(|text| text.parse::<i64>().ok());
    state.retention_ms = number("retention.ms").filter(|kept| *kept >= 0);
    if value_of(resource, "cleanup.policy").is_some_and(|policy| policy.contains("compact")) {
        state.cleanup = Cleanup::Compact;
    }
    // The broker's default for compacted topics, the largest number, means without limit.
    state.cleanup_delay_ms = number(delay_setting(state.cleanup)).filter(|delay| *delay < i64::MAX);
}
