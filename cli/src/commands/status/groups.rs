//! The consumer groups of the system: who is in them, and how far behind they are.

use crate::fault::Fault;
use rtfm_bot::{ANSWERS_GROUP, GLIMPSES_GROUP};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP};
use rtfm_shared::bus::{Bus, GroupMember, Lag, TopicState, topics};
use std::collections::BTreeSet;

/// The groups of the services, and what each consumes.
const OURS: [(&str, &str); 4] = [
    (INDEX_GROUP, topics::MESSAGES),
    (ANSWER_GROUP, topics::QUERIES),
    (ANSWERS_GROUP, topics::RESPONSES),
    (GLIMPSES_GROUP, topics::PROGRESS),
];

/// A group as it is.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    /// Per topic that it consumes, how far behind it is on each partition.
    pub(super) topics: Vec<(String, Vec<Lag>)>,
    pub(super) members: Vec<GroupMember>,
}

impl Group {
    /// How many records wait for it.
    pub(super) fn lag(&self) -> i64 {
        self.topics.iter().flat_map(|(_, lags)| lags).map(Lag::records).sum()
    }
}

/// The processors' groups always, the bot's once there was a bot, and whoever else consumes our topics now.
pub(super) async fn look(bus: &dyn Bus, there: &[TopicState]) -> Result<Vec<Group>, Fault> {
    let known: BTreeSet<String> = bus.list_groups().await?.into_iter().collect();
    let is_there = |topic: &str| there.iter().any(|state| state.name == topic);
    let mut groups = Vec::new();
    for (name, topic) in OURS {
        if is_there(topic) && (known.contains(name) || [INDEX_GROUP, ANSWER_GROUP].contains(&name)) {
            groups.push(one(bus, name, vec![topic.to_owned()], bus.describe_group(name).await?).await?);
        }
    }
    for name in known.iter().filter(|name| !OURS.iter().any(|(ours, _)| ours == name)) {
        let members = bus.describe_group(name).await?;
        let wanted: BTreeSet<String> =
            members.iter().flat_map(|member| member.topics.clone()).filter(|topic| is_there(topic)).collect();
        if !wanted.is_empty() {
            groups.push(one(bus, name, wanted.into_iter().collect(), members).await?);
        }
    }
    Ok(groups)
}

async fn one(bus: &dyn Bus, name: &str, topics: Vec<String>, members: Vec<GroupMember>) -> Result<Group, Fault> {
    let mut lags = Vec::new();
    for topic in topics {
        let lag = bus.lag(name, &topic).await?;
        lags.push((topic, lag));
    }
    Ok(Group { name: name.to_owned(), topics: lags, members })
}
