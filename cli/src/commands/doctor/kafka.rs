//! Checks of the topics: their drift from the catalogue and, on a cluster, their replication.

use crate::{
    app_context::AppContext,
    checks::{self, Check, TIME_LIMIT},
};
use rtfm_shared::{bus::topics, config::BusConfig};

const NAME: &str = "topics";

/// Checks that the replication settings fit each other.
pub(super) fn replication(config: &BusConfig) -> Vec<Check> {
    let BusConfig::Kafka(kafka) = config else { return Vec::new() };
    let (replicas, required) = (kafka.replication, kafka.min_insync_replicas);
    let finding = format!("KAFKA_MIN_INSYNC_REPLICAS is {required} and KAFKA_REPLICATION_FACTOR is {replicas}");
    if required > replicas {
        return vec![Check::failed(
            NAME,
            format!("{finding}: the brokers would reject every record"),
            "set the replication factor to 3 and the minimum to 2, or both to 1",
        )];
    }
    if required == replicas && replicas > 1 {
        let remedy = "with 3 replicas, require 2: then one broker may fail";
        return vec![Check::warning(
            NAME,
            format!("{finding}: the brokers reject records while one of them is unavailable"),
            remedy,
        )];
    }
    Vec::new()
}

/// Checks that the topics match the catalogue and have the configured number of replicas.
pub(super) async fn topics(context: &AppContext) -> Vec<Check> {
    match tokio::time::timeout(TIME_LIMIT, compare(context)).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(error)) => vec![Check::failed(NAME, error.to_string(), super::SEE_MESSAGE)],
        Err(_) => {
            vec![Check::failed(NAME, "no answer about the topics in time", "check the brokers' load and logs")]
        }
    }
}

async fn compare(context: &AppContext) -> Result<Vec<Check>, crate::error::CliError> {
    let drift = checks::drift(context).await?;
    let mut found: Vec<_> =
        drift.iter().map(|drift| Check::failed(NAME, drift.to_string(), drift.remedy(context.is_local()))).collect();
    if let BusConfig::Kafka(kafka) = &context.bus_config {
        let catalogue = topics::catalogue();
        let names: Vec<&str> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
        let states = context.bus.describe_topics(&names).await?;
        found.extend(states.iter().flatten().filter(|state| state.replication < kafka.replication).map(|state| {
            let (name, has) = (&state.name, state.replication);
            let finding = format!("{name} has {has} replicas and KAFKA_REPLICATION_FACTOR is {}", kafka.replication);
            Check::warning(
                NAME,
                finding,
                "the setting applies to new topics; change old ones with kafka-reassign-partitions.sh",
            )
        }));
    }
    if found.is_empty() {
        found.push(Check::passed(NAME, format!("all {} topics match the catalogue", topics::catalogue().len())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::CheckStatus;
    use rtfm_shared::config::KafkaConfig;

    #[test]
    fn the_replication_settings_must_fit() {
        let statuses = |replicas, min_insync_replicas| {
            let kafka = KafkaConfig { replication: replicas, min_insync_replicas, ..KafkaConfig::of("k:9092") };
            replication(&BusConfig::Kafka(kafka)).iter().map(|check| check.status).collect::<Vec<_>>()
        };
        assert_eq!(statuses(1, 1), []);
        assert_eq!(statuses(3, 2), []);
        assert_eq!(statuses(3, 3), [CheckStatus::Warning]);
        assert_eq!(statuses(1, 2), [CheckStatus::Failed]);
    }
}
