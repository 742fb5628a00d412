//! The rule again, by brute force: everybody who could be in a guild is enumerated, with every set of roles and in
//! every guild that looks like what is known of it, and each right is worked out for itself, by who is asked first:
//! the member's overwrite, the roles', @everyone's, the roles themselves.

use crate::guilds::{BOT, Case, READ};
use rtfm_bot::access::{Kind, Person, Standing, Topology, rights::*};
use std::collections::{BTreeMap, BTreeSet};

/// What every role gives; a role that is not in here does not exist.
type World = BTreeMap<u64, u64>;

/// Why somebody in a channel's audience must not learn of another channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leak {
    /// A member whom no overwrite names would.
    pub(crate) anybody: bool,
    /// One whom an overwrite names would.
    pub(crate) named: bool,
    /// Somebody would if a role that is not known gives what it might.
    pub(crate) by_unknown_role: bool,
}

/// The truth about one case.
pub(crate) struct Oracle<'a> {
    case: &'a Case,
    worlds: Vec<World>,
    /// By channels: who is asked among, what is to be read.
    leaks: BTreeMap<(u64, u64), Leak>,
}

impl<'a> Oracle<'a> {
    pub(crate) fn of(case: &'a Case) -> Self {
        let mut oracle = Self::persons(case);
        if case.topology.roles.contains_key(&case.topology.guild) {
            oracle.enumerate();
        }
        oracle
    }

    /// Without the audiences.
    pub(crate) fn persons(case: &'a Case) -> Self {
        Self { case, worlds: worlds(case), leaks: BTreeMap::new() }
    }

    fn enumerate(&mut self) {
        let topology = &self.case.topology;
        let rulers: Vec<u64> =
            topology.channels.keys().copied().filter(|id| parent(topology, *id) == Some(*id)).collect();
        let named: BTreeSet<u64> =
            topology.channels.values().flat_map(|channel| channel.overwrites.members.keys().copied()).collect();
        let anybody = 999;
        for (number, world) in self.worlds.iter().enumerate() {
            for user in named.iter().copied().chain([anybody]) {
                for roles in self.sets_of(world, user) {
                    let unknown = roles.iter().any(|role| !topology.roles.contains_key(role));
                    // Without an unknown role every world is the same.
                    if number > 0 && !unknown {
                        continue;
                    }
                    let has = |channel: u64, bit: u64| has(topology, world, channel, user, &roles, bit);
                    let viewed = rulers.iter().filter(|from| has(**from, VIEW_CHANNEL));
                    let unread: Vec<u64> =
                        rulers.iter().copied().filter(|to| !reads(topology, *to, &|bit| has(*to, bit))).collect();
                    for (from, to) in viewed.flat_map(|from| unread.iter().map(|to| (*from, *to))) {
                        let leak = self.leaks.entry((from, to)).or_default();
                        leak.anybody |= user == anybody && !unknown;
                        leak.named |= user != anybody && !unknown;
                        leak.by_unknown_role |= unknown;
                    }
                }
            }
        }
    }

    /// What somebody may hold: anything, or what it is known that they do. The bot's own role is nobody else's.
    fn sets_of(&self, world: &World, user: u64) -> Vec<Vec<u64>> {
        let Case { topology, asker, bot } = self.case;
        for known in [asker, bot] {
            if known.id == user {
                return vec![known.roles.iter().copied().filter(|role| world.contains_key(role)).collect()];
            }
        }
        let free = |role: &&u64| topology.roles.get(role).is_none_or(|role| role.only != Some(BOT));
        let roles: Vec<u64> = world.keys().filter(|role| **role != topology.guild).filter(free).copied().collect();
        (0_u32..1 << roles.len())
            .map(|mask| {
                roles.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, role)| *role).collect()
            })
            .collect()
    }

    /// Whether an answer in `from`, which is seen by all who view it, tells somebody of `to` who may not read it.
    pub(crate) fn leak(&self, from: u64, to: u64) -> Leak {
        let topology = &self.case.topology;
        let rulers = parent(topology, from).zip(parent(topology, to));
        rulers.and_then(|pair| self.leaks.get(&pair).copied()).unwrap_or_default()
    }

    /// Whether somebody reads a place, whatever the roles that are not known give.
    pub(crate) fn person_reads(&self, place: u64, person: &Person, here: Option<u64>) -> bool {
        self.worlds.iter().all(|world| self.reads_in(world, place, person, here))
    }

    fn reads_in(&self, world: &World, place: u64, person: &Person, here: Option<u64>) -> bool {
        let topology = &self.case.topology;
        let Some(ruler) = parent(topology, place) else { return false };
        if person.standing == Standing::Guest || !topology.roles.contains_key(&topology.guild) {
            return false;
        }
        let roles: Vec<u64> = person.roles.iter().copied().filter(|role| world.contains_key(role)).collect();
        let may_all = person.id == topology.owner || roles.iter().any(|role| world[role] & ADMINISTRATOR != 0);
        let may_all = may_all || world[&topology.guild] & ADMINISTRATOR != 0;
        let silent = person.standing == Standing::TimedOut && !may_all;
        let has = |bit: u64| {
            (!silent || bit == VIEW_CHANNEL || bit == READ_MESSAGE_HISTORY)
                && has(topology, world, ruler, person.id, &roles, bit)
        };
        let private = matches!(topology.channels[&place].kind, Kind::PrivateThread { .. });
        let inside = here == Some(place) || person.threads.contains(&place) || has(MANAGE_THREADS);
        reads(topology, ruler, &has) && (!private || inside)
    }

    /// Whether a question asked there comes from behind the gate of age, if the place is behind it.
    pub(crate) fn old_enough(&self, place: u64, asking: Option<u64>) -> bool {
        let topology = &self.case.topology;
        let gated = |place: u64| parent(topology, place).is_some_and(|ruler| topology.channels[&ruler].age_restricted);
        !gated(place) || asking.is_some_and(gated)
    }
}

/// The channel that rules a place where something can be said.
pub(crate) fn parent(topology: &Topology, place: u64) -> Option<u64> {
    let ruler = match topology.channels.get(&place)?.kind {
        Kind::PublicThread { parent } | Kind::PrivateThread { parent } => parent,
        _ => place,
    };
    let kind = topology.channels.get(&ruler)?.kind;
    (kind == Kind::Text || kind == Kind::Voice).then_some(ruler)
}

fn reads(topology: &Topology, channel: u64, has: &dyn Fn(u64) -> bool) -> bool {
    let voice = topology.channels[&channel].kind == Kind::Voice;
    has(VIEW_CHANNEL) && has(READ_MESSAGE_HISTORY) && (!voice || has(CONNECT))
}

/// Whether a member has one right in a channel.
fn has(topology: &Topology, world: &World, channel: u64, user: u64, roles: &[u64], bit: u64) -> bool {
    let everyone = topology.guild;
    let gives = |role: u64, bit: u64| world.get(&role).is_some_and(|bits| bits & bit != 0);
    let held = || roles.iter().copied().chain([everyone]);
    if user == topology.owner || held().any(|role| gives(role, ADMINISTRATOR)) {
        return true;
    }
    let overwrites = &topology.channels[&channel].overwrites;
    let rules = |role: u64| overwrites.roles.get(&role).copied().unwrap_or_default();
    let own = overwrites.members.get(&user).copied().unwrap_or_default();
    let others = || roles.iter().copied().filter(|role| *role != everyone);
    let asked = [
        (own.allow & bit != 0, true),
        (own.deny & bit != 0, false),
        (others().any(|role| rules(role).allow & bit != 0), true),
        (others().any(|role| rules(role).deny & bit != 0), false),
        (rules(everyone).allow & bit != 0, true),
        (rules(everyone).deny & bit != 0, false),
    ];
    let first = asked.into_iter().find(|(speaks, _)| *speaks);
    first.map_or_else(|| held().any(|role| gives(role, bit)), |(_, verdict)| verdict)
}

/// Every guild that looks like this one: roles that something mentions and nothing explains may be anything.
fn worlds(case: &Case) -> Vec<World> {
    let Case { topology, asker, bot } = case;
    let known: World = topology.roles.iter().map(|(id, role)| (*id, role.permissions)).collect();
    let overwritten = topology.channels.values().flat_map(|channel| channel.overwrites.roles.keys());
    let mentioned: BTreeSet<u64> = overwritten.chain(&asker.roles).chain(&bot.roles).copied().collect();
    let gives = [Some(0), Some(VIEW_CHANNEL), Some(READ_MESSAGE_HISTORY), Some(READ), Some(ADMINISTRATOR)];
    let mut worlds = vec![known];
    for unknown in mentioned.into_iter().filter(|role| *role != topology.guild && !topology.roles.contains_key(role)) {
        let with = |world: &World, gives: &Option<u64>| {
            let mut world = world.clone();
            world.extend(gives.map(|gives| (unknown, gives)));
            world
        };
        worlds = worlds.iter().flat_map(|world| gives.iter().chain([&None]).map(|gives| with(world, gives))).collect();
    }
    worlds
}
