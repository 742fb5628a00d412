//! What somebody may do in a channel, computed as Discord does: the owner may all; @everyone's
//! permissions and those of the roles are joined; an administrator may all; then the channel's overwrites
//! change them: @everyone's, all roles' denials together, all roles' allowances together, the member's
//! own. Without the right to view a channel nothing else in it counts.

use super::topology::{Channel, Kind, Overwrites, Person, Rules, Topology, rights};

/// The rights that reading what was said in a channel needs.
pub(crate) fn needed_to_read(channel: &Channel) -> u64 {
    let text = rights::VIEW_CHANNEL | rights::READ_MESSAGE_HISTORY;
    if channel.kind == Kind::Voice { text | rights::CONNECT } else { text }
}

/// What a member with these roles may do in a channel with these overwrites.
pub(crate) fn effective(topology: &Topology, overwrites: &Overwrites, roles: &[u64], member: Option<&Rules>) -> u64 {
    let held = || std::iter::once(topology.guild).chain(roles.iter().copied());
    let base = held().filter_map(|role| topology.roles.get(&role)).fold(0, |all, role| all | role.permissions);
    if base & rights::ADMINISTRATOR != 0 {
        return u64::MAX;
    }
    let everyone = overwrites.roles.get(&topology.guild).copied().unwrap_or_default();
    let joined = roles
        .iter()
        .filter(|role| **role != topology.guild)
        .filter_map(|role| overwrites.roles.get(role))
        .fold(Rules::default(), |all, one| Rules { allow: all.allow | one.allow, deny: all.deny | one.deny });
    let member = member.copied().unwrap_or_default();
    [everyone, joined, member].iter().fold(base, |had, rules| (had & !rules.deny) | rules.allow)
}

/// Whether a known member may read what was said in a place. A private thread is not decided here: its
/// members are not known, so it is never readable from outside.
pub(crate) fn can_read(topology: &Topology, place: u64, person: &Person) -> bool {
    let Some(channel) = topology.ruling(place) else { return false };
    if person.id == topology.owner {
        return true;
    }
    let needed = needed_to_read(channel);
    let member = channel.overwrites.members.get(&person.id);
    effective(topology, &channel.overwrites, &person.roles, member) & needed == needed
}
