//! What a person may do in a channel, computed as Discord does: the owner may all; @everyone's permissions and those
//! of the roles are joined; an administrator may all; then the channel's overwrites change them: @everyone's, all
//! roles' denials together, all roles' allowances together, the member's own. Without the right to view a channel
//! nothing else in it counts.

use super::{
    person::{Person, Standing},
    topology::{Channel, Kind, Rules, Topology, rights},
};

/// What is left to those who are timed out.
const SILENT: u64 = rights::VIEW_CHANNEL | rights::READ_MESSAGE_HISTORY;

/// The rights that reading the messages of a channel needs.
pub(super) fn needed_to_read(channel: &Channel) -> u64 {
    let text = rights::VIEW_CHANNEL | rights::READ_MESSAGE_HISTORY;
    if channel.kind == Kind::Voice { text | rights::CONNECT } else { text }
}

/// What the guild and a channel say about one member.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layers {
    /// @everyone's permissions and those of their roles, joined.
    pub(super) base: u64,
    /// The channel's overwrite for @everyone.
    pub(super) everyone: Rules,
    /// Its overwrites for their roles, joined.
    pub(super) roles: Rules,
    /// Its overwrite for themselves.
    pub(super) member: Rules,
}

impl Layers {
    /// What they may do there.
    pub(super) fn rights(self) -> u64 {
        if self.base & rights::ADMINISTRATOR != 0 {
            return u64::MAX;
        }
        [self.everyone, self.roles, self.member].iter().fold(self.base, |had, rules| (had & !rules.deny) | rules.allow)
    }
}

impl Rules {
    pub(super) fn and(self, other: Self) -> Self {
        Self { allow: self.allow | other.allow, deny: self.deny | other.deny }
    }
}

/// Whether a known member may read the messages of a channel or thread. `here` is the one that they certainly are in.
pub(super) fn can_read(topology: &Topology, place: u64, person: &Person, here: Option<u64>) -> bool {
    let Some((_, ruling)) = topology.ruling(place) else { return false };
    let rights = rights_in(topology, ruling, person);
    let needed = needed_to_read(ruling);
    rights & needed == needed && (!is_private_thread(topology, place) || is_inside(place, person, here, rights))
}

/// Whether they see new messages in a channel or thread.
pub(super) fn can_view(topology: &Topology, place: u64, person: &Person) -> bool {
    let Some((_, ruling)) = topology.ruling(place) else { return false };
    let rights = rights_in(topology, ruling, person);
    let needed = needed_to_read(ruling) & !rights::READ_MESSAGE_HISTORY;
    rights & needed == needed && (!is_private_thread(topology, place) || is_inside(place, person, None, rights))
}

pub(super) fn is_private_thread(topology: &Topology, place: u64) -> bool {
    topology.channels.get(&place).is_some_and(|channel| matches!(channel.kind, Kind::PrivateThread { .. }))
}

fn is_inside(thread: u64, person: &Person, here: Option<u64>, rights: u64) -> bool {
    here == Some(thread) || person.threads.contains(&thread) || rights & rights::MANAGE_THREADS != 0
}

fn rights_in(topology: &Topology, channel: &Channel, person: &Person) -> u64 {
    let Some(everyone) = topology.everyone().filter(|_| person.standing != Standing::Guest) else { return 0 };
    if person.id == topology.owner {
        return u64::MAX;
    }
    let overwrites = &channel.overwrites;
    let mut layers = Layers {
        base: everyone.permissions,
        everyone: overwrites.roles.get(&topology.guild).copied().unwrap_or_default(),
        roles: Rules::default(),
        member: overwrites.members.get(&person.id).copied().unwrap_or_default(),
    };
    for role in person.roles.iter().filter(|role| **role != topology.guild) {
        let rules = overwrites.roles.get(role).copied().unwrap_or_default();
        match topology.roles.get(role) {
            Some(known) => {
                layers.base |= known.permissions;
                layers.roles = layers.roles.and(rules);
            }
            // It may be deleted, and then gives nothing; or not, and then takes.
            None => layers.roles = layers.roles.and(Rules { allow: 0, ..rules }),
        }
    }
    let rights = layers.rights();
    let silenced = person.standing == Standing::TimedOut && layers.base & rights::ADMINISTRATOR == 0;
    if silenced { rights & SILENT } else { rights }
}
