//! Repairs topics: sets how they drop old records.

use super::{
    Clients, errors, retry,
    topic_settings::{TopicConfig, settings_of},
    topics,
};
use crate::bus::{BusError, TopicSpec};
use rdkafka::admin::{AdminOptions, AlterConfig, OwnedResourceSpecifier, ResourceSpecifier};

/// Makes topics drop old records as specified, and waits until the brokers know. The client library can only replace
/// all settings of a topic, so those that somebody set are read and sent along; one that is set in this very moment is
/// lost.
pub(super) async fn repair(clients: &Clients, specs: &[TopicSpec]) -> Result<(), BusError> {
    let names: Vec<_> = specs.iter().map(|spec| spec.name.clone()).collect();
    let found = settings_of(clients, &names).await?;
    let wanted: Vec<_> = specs.iter().map(TopicConfig::cleanup).collect();
    let mut changes = Vec::new();
    for (spec, config) in specs.iter().zip(&wanted) {
        let Some(now) = found.get(&spec.name) else { return Err(topics::unreadable(clients, &spec.name).await) };
        changes.push(AlterConfig { specifier: ResourceSpecifier::Topic(&spec.name), entries: config.over(now) });
    }
    if changes.is_empty() {
        return Ok(());
    }
    let options = AdminOptions::new().request_timeout(Some(topics::ANSWER));
    let changed = clients.admin()?.alter_configs(&changes, &options).await;
    for result in changed.map_err(|error| errors::from_kafka("the topics' settings", &error))? {
        result.map_err(|(resource, code)| match resource {
            OwnedResourceSpecifier::Topic(name) => errors::from_code(&name, code),
            _ => errors::from_code("the topics' settings", code),
        })?;
    }
    let (names, wanted) = (&names, &wanted);
    retry::until_arrived("changed settings of topics did not become visible", || async move {
        let now = settings_of(clients, names).await?;
        let arrived = |(name, config): (&String, &TopicConfig)| now.get(name).is_some_and(|now| config.are_in(now));
        Ok(names.iter().zip(wanted).all(arrived))
    })
    .await
}
