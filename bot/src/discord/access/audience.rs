//! Whether *everyone* who can view one channel can read another, without knowing the members.
//!
//! Any member is a set of roles (plus, for the few whom an overwrite names, that overwrite). So the question is
//! whether some set of roles views `C` and does not read `D`. No large set needs to be tried: take any such set. It
//! views `C` by one role that `C` allows; or, when no role of it is allowed or denied there, by one role that grants
//! viewing, or by @everyone alone. It fails to read `D` because a right is missing that no role of it is allowed
//! there: by one role that `D` denies, or by @everyone's overwrite, or because none grants it. Keeping just those one
//! or two roles keeps both true: fewer roles never add a denial to `C` nor an allowance to `D`. (Administrators read
//! everything, and a subset of a set without one has none.) Hence trying every set of at most two roles decides it
//! exactly for all guilds whose members could hold any roles, and safely for every real guild.
//!
//! - Members named in an overwrite of `C` or `D` are tried the same way with their overwrite applied. The owner reads
//!   everything; what the asker and the bot read is known and asked elsewhere, so they are not guessed at.
//! - No member but the bot has the role that Discord made for it.
//! - A role that is mentioned and not known may give anything. Nothing is worse for `D` than that it gives nothing,
//!   or only to view: those two are tried.
//! - Roles that say the same of `C` and `D` are tried as one.

use super::{
    permissions::{Layers, needed_to_read},
    person::Person,
    topology::{Channel, Role, Rules, Topology, rights},
};
use std::collections::BTreeSet;

/// The bits that are looked at.
const LOOKED_AT: u64 = rights::ADMINISTRATOR | rights::VIEW_CHANNEL | rights::READ_MESSAGE_HISTORY | rights::CONNECT;

/// Those who view one channel.
pub(super) struct Audience<'a> {
    topology: &'a Topology,
    everyone: Role,
    viewed: &'a Channel,
    /// Every role that somebody else may have, with what it gives.
    roles: Vec<(u64, u64)>,
    /// Whose reading is known.
    known: [u64; 3],
}

/// What a set of roles (here: one or two) says of both channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Holding {
    base: u64,
    viewed: Rules,
    read: Rules,
}

impl<'a> Audience<'a> {
    /// The audience of a channel that is no thread; `None` when nothing can be known about it.
    pub(super) fn of(topology: &'a Topology, viewed: &'a Channel, asker: &Person, bot: &Person) -> Option<Self> {
        let others = topology.roles.iter().filter(|(id, role)| **id != topology.guild && role.only != Some(bot.id));
        let mut roles: Vec<(u64, u64)> = others.map(|(id, role)| (*id, role.permissions)).collect();
        let held = asker.roles.iter().chain(&bot.roles).copied();
        let mut unknown = topology.unknown_roles();
        unknown.extend(held.filter(|role| !topology.roles.contains_key(role)));
        roles.extend(unknown.iter().flat_map(|role| [(*role, 0), (*role, rights::VIEW_CHANNEL)]));
        let known = [topology.owner, asker.id, bot.id];
        Some(Self { topology, everyone: topology.everyone()?, viewed, roles, known })
    }

    /// Whether all of it can read the messages in `read`.
    pub(super) fn can_read(&self, read: &Channel) -> bool {
        let holdings: BTreeSet<Holding> = std::iter::once(Holding::default())
            .chain(self.roles.iter().map(|(role, base)| Holding {
                base: base & LOOKED_AT,
                viewed: rules(self.viewed, *role),
                read: rules(read, *role),
            }))
            .collect();
        // Only what `read` denies can spoil what another role sees.
        let spoilers: Vec<Holding> =
            holdings.iter().filter(|one| one.read.deny != 0 || **one == Holding::default()).copied().collect();
        let members: BTreeSet<(Rules, Rules)> = std::iter::once((Rules::default(), Rules::default()))
            .chain(self.named(read).map(|user| (own(self.viewed, user), own(read, user))))
            .collect();
        members.iter().all(|member| {
            holdings.iter().all(|one| spoilers.iter().all(|other| self.holds(read, one.and(*other), *member)))
        })
    }

    /// The members with an overwrite in either channel whose roles are not known.
    fn named(&self, read: &'a Channel) -> impl Iterator<Item = u64> {
        let named = [self.viewed, read].into_iter().flat_map(|channel| channel.overwrites.members.keys().copied());
        named.filter(|user| !self.known.contains(user))
    }

    /// Whether a member with these roles reads the one channel if they view the other.
    fn holds(&self, read: &Channel, roles: Holding, member: (Rules, Rules)) -> bool {
        let rights = |channel: &Channel, roles_there: Rules, member: Rules| {
            let base = self.everyone.permissions | roles.base;
            Layers { base, everyone: rules(channel, self.topology.guild), roles: roles_there, member }.rights()
        };
        let needed = needed_to_read(read);
        rights(self.viewed, roles.viewed, member.0) & rights::VIEW_CHANNEL == 0
            || rights(read, roles.read, member.1) & needed == needed
    }
}

impl Holding {
    fn and(self, other: Self) -> Self {
        Self { base: self.base | other.base, viewed: self.viewed.and(other.viewed), read: self.read.and(other.read) }
    }
}

fn rules(channel: &Channel, role: u64) -> Rules {
    looked_at(channel.overwrites.roles.get(&role))
}

fn own(channel: &Channel, user: u64) -> Rules {
    looked_at(channel.overwrites.members.get(&user))
}

fn looked_at(rules: Option<&Rules>) -> Rules {
    rules.map_or_else(Rules::default, |rules| Rules { allow: rules.allow & LOOKED_AT, deny: rules.deny & LOOKED_AT })
}
