//! Creates, describes, lists and deletes topics; [`topic_settings`] has their settings.

use super::{
    Clients, blocking, errors, retry,
    topic_settings::{self, TopicConfig},
};
use crate::{
    bus::{BusError, Cleanup, TopicPartition, TopicSpec, TopicState},
    config::KafkaConfig,
    resilience::{self, Backoff},
};
use rdkafka::{
    ClientContext,
    admin::{AdminOptions, TopicResult},
    client::Client,
    metadata::{Metadata, MetadataTopic},
    producer::Producer as _,
    types::RDKafkaErrorCode,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Time limit of one request.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// Attempts while the broker is starting.
const TRIES: usize = 30;
const BETWEEN: Duration = Duration::from_secs(1);

/// The metadata of all topics. Asking for all creates none. Blocks.
pub(super) fn metadata<C: ClientContext>(client: &Client<C>) -> Result<Metadata, BusError> {
    client.fetch_metadata(None, ANSWER).map_err(|error| errors::from_kafka("the cluster", &error))
}

/// All partitions of these topics. Blocks.
pub(super) fn partitions_of<C: ClientContext>(
    client: &Client<C>,
    topics: &[impl AsRef<str>],
) -> Result<Vec<TopicPartition>, BusError> {
    let metadata = metadata(client)?;
    let mut partitions = Vec::new();
    for name in topics {
        let name: Arc<str> = name.as_ref().into();
        let found = find(&metadata, &name).ok_or_else(|| BusError::UnknownTopic(name.to_string()))?;
        partitions.extend(found.partitions().iter().map(|partition| TopicPartition::new(name.clone(), partition.id())));
    }
    partitions.sort();
    Ok(partitions)
}

fn find<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a MetadataTopic> {
    metadata.topics().iter().find(|topic| topic.name() == name && topic.error().is_none())
}

/// Creates missing topics and waits until they can be used.
pub(super) async fn create(
    clients: &Clients,
    config: &KafkaConfig,
    specs: &[TopicSpec],
) -> Result<Vec<String>, BusError> {
    let mut tried = 0;
    let waits = |error: &BusError, _| {
        tried += 1;
        let waits = matches!(error, BusError::Unavailable(_)) && tried < TRIES;
        if waits {
            tracing::info!(tried, %error, "kafka: waiting for the cluster");
        }
        waits
    };
    resilience::retry(&mut Backoff::new(BETWEEN, BETWEEN), || try_create(clients, config, specs), waits).await
}

async fn try_create(clients: &Clients, config: &KafkaConfig, specs: &[TopicSpec]) -> Result<Vec<String>, BusError> {
    let settings: Vec<_> = specs.iter().map(|spec| TopicConfig::of(spec, config)).collect();
    let topics: Vec<_> = specs.iter().zip(&settings).map(|(spec, settings)| settings.topic(spec, config)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
    let results = clients.admin()?.create_topics(&topics, &options).await;
    let mut created = Vec::new();
    for result in results.map_err(|error| errors::from_kafka("the cluster", &error))? {
        match result {
            Ok(name) => created.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(errors::from_code(&name, code)),
        }
    }
    let names: Vec<_> = specs.iter().map(|spec| spec.name.clone()).collect();
    arrived(clients, "created topics did not become visible", move |metadata| {
        let usable = |topic: &MetadataTopic| {
            !topic.partitions().is_empty() && topic.partitions().iter().all(|partition| partition.leader() >= 0)
        };
        names.iter().all(|name| find(metadata, name).is_some_and(usable))
    })
    .await?;
    // A newly elected leader may not know the partition yet.
    let (admin, names) = (clients.admin()?, created.clone());
    blocking(move || {
        let partitions = partitions_of(admin.inner(), &names)?;
        partitions.iter().try_for_each(|at| watermarks(admin.inner(), &at.topic, at.partition).map(drop))
    })
    .await?;
    Ok(created)
}

/// Waits until the metadata of every client satisfies the condition.
async fn arrived(
    clients: &Clients,
    otherwise: &str,
    condition: impl Fn(&Metadata) -> bool + Send + Sync + 'static,
) -> Result<(), BusError> {
    let (admin, producer, condition) = (clients.admin()?, clients.producer(), Arc::new(condition));
    retry::until_arrived(otherwise, || {
        let (admin, producer, condition) = (admin.clone(), producer.clone(), condition.clone());
        blocking(move || Ok(condition(&metadata(admin.inner())?) && condition(&metadata(producer.client())?)))
    })
    .await
}

pub(super) async fn describe(clients: &Clients, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError> {
    let admin = clients.admin()?;
    let wanted: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let client = admin.clone();
    let mut states = blocking(move || shapes(client.inner(), &wanted)).await?;
    let settings = topic_settings::settings_of(clients, states.keys()).await?;
    for (name, mut state) in std::mem::take(&mut states) {
        match settings.get(&name) {
            Some(found) => topic_settings::read(found, &mut state),
            None => match unreadable(clients, &name).await {
                // Deleted since its partitions were read.
                BusError::UnknownTopic(_) => continue,
                error => return Err(error),
            },
        }
        states.insert(name, state);
    }
    Ok(names.iter().map(|name| states.get(*name).cloned()).collect())
}

/// Why a topic's settings are not known.
pub(super) async fn unreadable(clients: &Clients, name: &str) -> BusError {
    let (admin, topic) = (clients.admin(), name.to_owned());
    let exists = blocking(move || Ok(find(&metadata(admin?.inner())?, &topic).is_some()));
    match exists.await {
        Ok(true) => BusError::Fatal(format!("{name}: its settings cannot be read; allow DescribeConfigs on it")),
        Ok(false) => BusError::UnknownTopic(name.to_owned()),
        Err(error) => error,
    }
}

pub(super) async fn all_watermarks(
    clients: &Clients,
    names: &[&str],
) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
    let (admin, wanted): (_, Vec<_>) = (clients.admin()?, names.iter().map(|name| (*name).to_owned()).collect());
    let states = blocking(move || shapes(admin.inner(), &wanted)).await?;
    Ok(names.iter().map(|name| states.get(*name).map(|state| state.watermarks.clone())).collect())
}

/// Partitions and watermarks of existing topics. Blocks.
fn shapes<C: ClientContext>(client: &Client<C>, names: &[String]) -> Result<BTreeMap<String, TopicState>, BusError> {
    let metadata = metadata(client)?;
    let mut states = BTreeMap::new();
    for name in names {
        let Some(topic) = find(&metadata, name) else { continue };
        let mut partitions: Vec<_> = topic.partitions().iter().map(|partition| partition.id()).collect();
        partitions.sort_unstable();
        let replication = topic.partitions().iter().map(|partition| partition.replicas().len()).min();
        let mark = |id: &i32| watermarks(client, name, *id);
        let state = TopicState {
            name: name.clone(),
            partitions: i32::try_from(partitions.len()).unwrap_or(i32::MAX),
            replication: replication.and_then(|count| i32::try_from(count).ok()).unwrap_or_default(),
            retention_ms: None,
            cleanup: Cleanup::Delete,
            cleanup_delay_ms: None,
            watermarks: partitions.iter().map(mark).collect::<Result<_, _>>()?,
        };
        states.insert(name.clone(), state);
    }
    Ok(states)
}

/// The oldest kept offset and the next one. Repeated while the partition has no leader. Blocks.
pub(super) fn watermarks<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), BusError> {
    let ask = || client.fetch_watermarks(topic, partition, ANSWER);
    retry::while_passing(ANSWER, retry::LOOK, ask, |error| errors::is_leadership(errors::code_of(error)))
        .map_err(|error| errors::from_kafka(topic, &error))
}

/// Topic names, without internal ones.
pub(super) async fn list(clients: &Clients) -> Result<Vec<String>, BusError> {
    let admin = clients.admin()?;
    let metadata = blocking(move || metadata(admin.inner())).await?;
    let names = metadata.topics().iter().filter(|topic| topic.error().is_none()).map(|topic| topic.name().to_owned());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("__")).collect();
    names.sort();
    Ok(names)
}

/// Deletes topics and waits until they are gone. Deletes none when one is missing.
pub(super) async fn delete(clients: &Clients, names: &[&str]) -> Result<(), BusError> {
    let admin = clients.admin()?;
    let wanted: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let (client, asked) = (admin.clone(), wanted.clone());
    blocking(move || partitions_of(client.inner(), &asked).map(|_| ())).await?;
    let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
    let results: Vec<TopicResult> =
        admin.delete_topics(names, &options).await.map_err(|error| errors::from_kafka("the cluster", &error))?;
    for result in results {
        result.map_err(|(name, code)| errors::from_code(&name, code))?;
    }
    arrived(clients, "deleted topics are still visible", move |metadata| {
        wanted.iter().all(|name| find(metadata, name).is_none())
    })
    .await
}
