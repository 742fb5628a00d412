//! What is particular to topics and to a cluster: drift from the catalogue, and how many copies there are.

use crate::{
    checks::{self, Check, PATIENCE},
    foundation::Foundation,
};
use rtfm_shared::{bus::topics, config::BusConfig};

const NAME: &str = "topics";

/// Whether the numbers of copies that are asked for fit each other.
pub(super) fn copies(config: &BusConfig) -> Vec<Check> {
    let BusConfig::Kafka(kafka) = config else { return Vec::new() };
    let (copies, needed) = (kafka.replication, kafka.min_insync_replicas);
    let what = format!("KAFKA_MIN_INSYNC_REPLICAS is {needed} and KAFKA_REPLICATION_FACTOR {copies}");
    if needed > copies {
        return vec![Check::failed(NAME, format!("{what}: no record would ever be taken"), "set 3 and 2, or 1 and 1")];
    }
    if needed == copies && copies > 1 {
        let remedy = "with 3 copies, ask for 2: then one broker may be away";
        return vec![Check::warning(NAME, format!("{what}: nothing is taken while one broker is away"), remedy)];
    }
    Vec::new()
}

/// Whether the topics are as the catalogue says, and have the copies that are asked for.
pub(super) async fn topics(foundation: &Foundation) -> Vec<Check> {
    match tokio::time::timeout(PATIENCE, compare(foundation)).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(fault)) => vec![Check::failed(NAME, fault.to_string(), "mend what it says, then look again")],
        Err(_) => {
            vec![Check::failed(NAME, "the bus does not tell of its topics", "look at the brokers' load and logs")]
        }
    }
}

async fn compare(foundation: &Foundation) -> Result<Vec<Check>, crate::fault::Fault> {
    let drift = checks::drift(foundation).await?;
    let mut found: Vec<_> =
        drift.iter().map(|drift| Check::failed(NAME, drift.to_string(), drift.remedy(foundation.is_local()))).collect();
    if let BusConfig::Kafka(kafka) = &foundation.bus_config {
        let catalogue = topics::catalogue();
        let names: Vec<&str> = catalogue.iter().map(|spec| spec.name.as_str()).collect();
        let states = foundation.bus.describe_topics(&names).await?;
        found.extend(states.iter().flatten().filter(|state| state.replication < kafka.replication).map(|state| {
            let (name, has) = (&state.name, state.replication);
            let what = format!("{name} has {has} copies and KAFKA_REPLICATION_FACTOR is {}", kafka.replication);
            Check::warning(NAME, what, "the setting is for new topics; move old ones with kafka-reassign-partitions.sh")
        }));
    }
    if found.is_empty() {
        found.push(Check::well(NAME, format!("all {} are as the catalogue says", topics::catalogue().len())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Verdict;
    use rtfm_shared::config::KafkaConfig;

    #[test]
    fn copies_must_fit_what_is_needed() {
        let verdicts = |replication, min_insync_replicas| {
            let kafka = KafkaConfig { replication, min_insync_replicas, ..KafkaConfig::of("k:9092") };
            copies(&BusConfig::Kafka(kafka)).iter().map(|check| check.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(1, 1), []);
        assert_eq!(verdicts(3, 2), []);
        assert_eq!(verdicts(3, 3), [Verdict::Warning]);
        assert_eq!(verdicts(1, 2), [Verdict::Failed]);
    }
}
