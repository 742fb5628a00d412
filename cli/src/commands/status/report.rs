//! The collected state, and the problems in it.

use super::{groups::GroupStatus, services::ServiceStatus};
use crate::checks::{Check, CheckStatus};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP};
use rtfm_shared::{
    bus::{Drift, TopicState},
    event::Backfill,
};

#[derive(Debug, Default)]
pub(super) struct StatusReport {
    pub(super) is_local: bool,
    pub(super) dependencies: Vec<Check>,
    pub(super) topics: Vec<TopicState>,
    pub(super) drift: Vec<Drift>,
    pub(super) groups: Vec<GroupStatus>,
    /// The number of dead letters per topic.
    pub(super) dead_letters: Vec<(String, usize)>,
    /// The backfills of channels.
    pub(super) backfills: Vec<Backfill>,
    pub(super) services: Vec<ServiceStatus>,
    /// What the operator must repair; empty if the system is healthy.
    pub(super) problems: Vec<String>,
}

impl StatusReport {
    /// Fills `problems`. Dead letters are no problem: they hold nothing up.
    pub(super) fn find_problems(&mut self) {
        let failed = self.dependencies.iter().filter(|check| check.status == CheckStatus::Failed);
        let mut problems: Vec<String> = failed.map(|check| problem(&check.finding, check.remedy.as_deref())).collect();
        problems.extend(self.drift.iter().map(|drift| problem(&drift.to_string(), Some(&drift.remedy(self.is_local)))));
        problems.extend(self.groups.iter().filter_map(|group| self.without_members(group)));
        let unready = self.services.iter().filter(|service| !service.ready);
        problems.extend(
            unready.map(|service| format!("the service at {} is not ready: {}", service.address, service.reason())),
        );
        self.problems = problems;
    }

    /// The problem of a processor group without members. On the local bus commands embed a processor when they need
    /// one, so there it is a problem only while records wait.
    fn without_members(&self, group: &GroupStatus) -> Option<String> {
        let is_processor = [INDEX_GROUP, ANSWER_GROUP].contains(&group.name.as_str());
        let lag = group.lag();
        if !group.members.is_empty() || !is_processor || (lag == 0 && self.is_local) {
            return None;
        }
        Some(format!(
            "the group {} has no member ({lag} records wait): start a processor with `rtfm up` or rtfm-processor",
            group.name
        ))
    }
}

fn problem(finding: &str, remedy: Option<&str>) -> String {
    remedy.map_or_else(|| finding.to_owned(), |remedy| format!("{finding}: {remedy}"))
}
