//! What was seen, and what of it is a problem.

use super::{groups::Group, services::Service};
use crate::checks::{Check, Verdict};
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP};
use rtfm_shared::{
    bus::{Drift, TopicState},
    event::Backfill,
};

/// Everything that was seen.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) is_local: bool,
    pub(super) dependencies: Vec<Check>,
    pub(super) topics: Vec<TopicState>,
    pub(super) drift: Vec<Drift>,
    pub(super) groups: Vec<Group>,
    /// Topic, and how many letters wait.
    pub(super) dead_letters: Vec<(String, usize)>,
    /// How far the histories of channels have been read.
    pub(super) histories: Vec<Backfill>,
    pub(super) services: Vec<Service>,
    /// What somebody must mend, in words; none: it is healthy.
    pub(super) problems: Vec<String>,
}

impl Report {
    /// Finds the problems. Dead letters are none: they wait for somebody, and nothing waits for them.
    pub(super) fn judge(&mut self) {
        let failed = self.dependencies.iter().filter(|check| check.verdict == Verdict::Failed);
        let mut problems: Vec<String> = failed.map(|check| said(&check.what, check.remedy.as_deref())).collect();
        problems.extend(self.drift.iter().map(|drift| said(&drift.to_string(), Some(&drift.remedy(self.is_local)))));
        problems.extend(self.groups.iter().filter_map(|group| self.unattended(group)));
        let unready = self.services.iter().filter(|service| !service.ready);
        problems.extend(
            unready.map(|service| format!("the service at {} is not ready: {}", service.address, service.why())),
        );
        self.problems = problems;
    }

    /// Work that nobody does. On one machine commands do it themselves when they need it, so there it is only a
    /// problem while something waits.
    fn unattended(&self, group: &Group) -> Option<String> {
        let works = [INDEX_GROUP, ANSWER_GROUP].contains(&group.name.as_str());
        let waits = group.lag();
        if !group.members.is_empty() || !works || (waits == 0 && self.is_local) {
            return None;
        }
        Some(format!(
            "nobody is in the group {} ({waits} records wait): start a processor (`rtfm up`, rtfm-processor)",
            group.name
        ))
    }
}

fn said(what: &str, remedy: Option<&str>) -> String {
    remedy.map_or_else(|| what.to_owned(), |remedy| format!("{what}: {remedy}"))
}
