//! Whether *everyone* who can view one channel can read another, without knowing the members.
//!
//! Any member is a set of roles (plus, for the few whom an overwrite names, that overwrite). So the
//! question is whether some set of roles views `C` and does not read `D`. No large set needs to be
//! tried: take any such set. It views `C` by one role that `C` allows; or, when no role of it is allowed
//! or denied there, by one role that grants viewing, or by @everyone alone. It fails to read `D` because
//! a right is missing that no role of it is allowed there: by one role that `D` denies, or by @everyone's
//! overwrite, or because none grants it. Keeping just those one or two roles keeps both true: fewer roles
//! never add a denial to `C` nor an allowance to `D`. (Administrators read everything, and a subset of a
//! set without one has none.) Hence trying every set of at most two roles decides it exactly for all
//! guilds whose members could hold any roles, and safely for every real guild.
//!
//! Members named in an overwrite of `C` or `D` are tried the same way with their overwrite applied.

use super::{
    permissions::{effective, needed_to_read},
    topology::{Channel, Topology, rights},
};
use std::collections::BTreeSet;

/// Those who view one channel, as sets of at most two roles.
pub(crate) struct Audience<'a> {
    topology: &'a Topology,
    viewed: &'a Channel,
    roles: Vec<u64>,
}

impl<'a> Audience<'a> {
    /// The audience of a channel that is no thread.
    pub(crate) fn of(topology: &'a Topology, viewed: &'a Channel) -> Self {
        let known = topology.roles.keys().chain(viewed.overwrites.roles.keys());
        let roles: BTreeSet<u64> = known.copied().filter(|role| *role != topology.guild).collect();
        Self { topology, viewed, roles: roles.into_iter().collect() }
    }

    /// Whether all of it can read what was said in `read`.
    pub(crate) fn can_read(&self, read: &Channel) -> bool {
        let named: BTreeSet<u64> = [self.viewed, read]
            .iter()
            .flat_map(|channel| channel.overwrites.members.keys().copied())
            .filter(|user| *user != self.topology.owner)
            .collect();
        // Only roles that `read` denies something can spoil what another role sees.
        let spoilers: Vec<u64> = read
            .overwrites
            .roles
            .iter()
            .filter(|(role, rules)| **role != self.topology.guild && rules.deny != 0)
            .map(|(role, _)| *role)
            .collect();
        std::iter::once(None).chain(named.into_iter().map(Some)).all(|user| {
            let holds = |roles: &[u64]| !self.views(roles, user) || self.reads(read, roles, user);
            let holds_with_each_role =
                |spoiler: &[u64]| holds(spoiler) && self.roles.iter().all(|role| holds(&[spoiler, &[*role]].concat()));
            holds_with_each_role(&[]) && spoilers.iter().all(|spoiler| holds_with_each_role(&[*spoiler]))
        })
    }

    fn views(&self, roles: &[u64], user: Option<u64>) -> bool {
        self.rights(self.viewed, roles, user) & rights::VIEW_CHANNEL != 0
    }

    fn reads(&self, read: &Channel, roles: &[u64], user: Option<u64>) -> bool {
        let needed = needed_to_read(read);
        self.rights(read, roles, user) & needed == needed
    }

    fn rights(&self, channel: &Channel, roles: &[u64], user: Option<u64>) -> u64 {
        let member = user.and_then(|user| channel.overwrites.members.get(&user));
        effective(self.topology, &channel.overwrites, roles, member)
    }
}
