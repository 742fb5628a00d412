//! The consumer groups: their members and their lag.

use crate::error::CliError;
use rtfm_bot::{ANSWERS_GROUP, PARTIALS_GROUP};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP};
use rtfm_shared::bus::{Bus, GroupMember, Lag, TopicState, topics};
use std::collections::BTreeSet;

/// The groups of our services, and the topic of each.
const OUR_GROUPS: [(&str, &str); 4] = [
    (INDEX_GROUP, topics::MESSAGES),
    (ANSWER_GROUP, topics::QUERIES),
    (ANSWERS_GROUP, topics::RESPONSES),
    (PARTIALS_GROUP, topics::PROGRESS),
];

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
    for (name, topic) in OUR_GROUPS {
        if exists(topic) && (known.contains(name) || [INDEX_GROUP, ANSWER_GROUP].contains(&name)) {
            groups.push(group(bus, name, vec![topic.to_owned()], bus.describe_group(name).await?).await?);
        }
    }
    for name in known.iter().filter(|name| !OUR_GROUPS.iter().any(|(known, _)| known == name)) {
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
