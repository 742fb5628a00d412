//! The consumer groups: their members and their lag.

use crate::error::CliError;
use rtfm_shared::bus::{
    Bus, GroupMember, Lag, TopicState,
    access::{Service, TopicUse, USES},
};
use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct GroupStatus {
    pub(super) name: String,
    /// The lag on each partition, for each topic that the group consumes.
    pub(super) topics: Vec<(String, Vec<Lag>)>,
    pub(super) members: Vec<GroupMember>,
}

impl GroupStatus {
    /// The number of records that wait for the group.
    pub(super) fn lag(&self) -> i64 {
        self.topics.iter().flat_map(|(_, lags)| lags).map(Lag::records).sum()
    }
}

/// The processors' groups, the bot's if they exist, and every other group that consumes our topics now.
pub(super) async fn collect(bus: &dyn Bus, topics: &[TopicState]) -> Result<Vec<GroupStatus>, CliError> {
    let known: BTreeSet<String> = bus.list_groups().await?.into_iter().collect();
    let exists = |topic: &str| topics.iter().any(|state| state.name == topic);
    let mut groups = Vec::new();
    let mut ours = Vec::new();
    // The processors' first.
    for of in [Service::Processor, Service::Bot] {
        ours.extend(USES.into_iter().filter_map(|(service, topic, topic_use)| match topic_use {
            TopicUse::Consume(name) if service == of => Some((service, name, topic)),
            _ => None,
        }));
    }
    for (service, name, topic) in &ours {
        if exists(topic) && (known.contains(*name) || *service == Service::Processor) {
            groups.push(group(bus, name, vec![(*topic).to_owned()], bus.describe_group(name).await?).await?);
        }
    }
    for name in known.iter().filter(|name| !ours.iter().any(|(_, known, _)| known == name)) {
        let members = bus.describe_group(name).await?;
        let wanted: BTreeSet<String> =
            members.iter().flat_map(|member| member.topics.clone()).filter(|topic| exists(topic)).collect();
        if !wanted.is_empty() {
            groups.push(group(bus, name, wanted.into_iter().collect(), members).await?);
        }
    }
    Ok(groups)
}

async fn group(
    bus: &dyn Bus,
    name: &str,
    topics: Vec<String>,
    members: Vec<GroupMember>,
) -> Result<GroupStatus, CliError> {
    let mut lags = Vec::new();
    for topic in topics {
        let lag = bus.lag(name, &topic).await?;
        lags.push((topic, lag));
    }
    Ok(GroupStatus { name: name.to_owned(), topics: lags, members })
}
