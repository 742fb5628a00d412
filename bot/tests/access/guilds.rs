//! Random guilds: small enough to enumerate everybody who could be in them, and made so that what decides in real
//! ones happens often.

use proptest::{prelude::*, sample::subsequence};
use rtfm_bot::access::{Channel, Kind, Overwrites, Person, Role, Rules, Standing, Topology, rights::*};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(crate) const GUILD: u64 = 1;
pub(crate) const OWNER: u64 = 100;
pub(crate) const BOT: u64 = 199;
/// The role that Discord made for the bot.
pub(crate) const BOT_ROLE: u64 = 5;
/// Everybody whom overwrites name; others can be askers, too.
const NAMED: [u64; 5] = [OWNER, 101, 102, 103, BOT];
const ROLES: [u64; 4] = [2, 3, 4, BOT_ROLE];
/// Where nothing is.
pub(crate) const NOWHERE: u64 = 99;
pub(crate) const READ: u64 = VIEW_CHANNEL | READ_MESSAGE_HISTORY;

/// A guild and who asks in it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) topology: Topology,
    pub(crate) asker: Person,
    pub(crate) bot: Person,
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (roles(), channels(), person(prop_oneof![1 => Just(OWNER), 8 => 101_u64..105], false), person(Just(BOT), true))
        .prop_map(|(roles, channels, asker, bot)| Case {
            topology: Topology { guild: GUILD, owner: OWNER, roles, channels },
            asker,
            bot,
        })
}

/// Every bit with its chance in a hundred.
fn bits(chances: [(u64, u32); 5]) -> impl Strategy<Value = u64> {
    let bit = |(bit, percent): (u64, u32)| {
        prop::bool::weighted(f64::from(percent) / 100.0).prop_map(move |on| if on { bit } else { 0 })
    };
    chances.map(bit).prop_map(|bits| bits.into_iter().sum())
}

fn roles() -> impl Strategy<Value = HashMap<u64, Role>> {
    let everyone =
        bits([(VIEW_CHANNEL, 80), (READ_MESSAGE_HISTORY, 85), (CONNECT, 85), (MANAGE_THREADS, 3), (ADMINISTRATOR, 1)]);
    let known = || prop::bool::weighted(0.93);
    let role = || {
        let rights = bits([
            (VIEW_CHANNEL, 25),
            (READ_MESSAGE_HISTORY, 25),
            (CONNECT, 20),
            (MANAGE_THREADS, 20),
            (ADMINISTRATOR, 6),
        ]);
        // Another bot's role, now and then: that changes nothing.
        (rights, prop::option::weighted(0.1, Just(198)), known())
    };
    let own = bits([
        (VIEW_CHANNEL, 85),
        (READ_MESSAGE_HISTORY, 90),
        (CONNECT, 85),
        (MANAGE_THREADS, 30),
        (ADMINISTRATOR, 20),
    ]);
    let everyone = (everyone, prop::bool::weighted(0.98));
    (everyone, [role(), role(), role()], (own, known())).prop_map(|(everyone, others, own)| {
        let others = others.into_iter().zip(ROLES).map(|((rights, only, known), id)| (id, rights, only, known));
        let all = others.chain([(GUILD, everyone.0, None, everyone.1), (BOT_ROLE, own.0, Some(BOT), own.1)]);
        let known = all.filter(|(.., known)| *known);
        known.map(|(id, permissions, only, _)| (id, Role { permissions, only })).collect()
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let drawn = || {
        bits([(VIEW_CHANNEL, 45), (READ_MESSAGE_HISTORY, 20), (CONNECT, 20), (MANAGE_THREADS, 8), (ADMINISTRATOR, 0)])
    };
    // Discord never stores a bit as both allowed and denied.
    (drawn(), drawn()).prop_map(|(allow, deny)| Rules { allow, deny: deny & !allow })
}

fn overwrites() -> impl Strategy<Value = Overwrites> {
    let who = prop_oneof![2 => Just(GUILD), 4 => prop::sample::select(ROLES.to_vec())];
    let roles = prop::collection::btree_map(who, rules(), 0..4);
    let members = prop::collection::btree_map(prop::sample::select(NAMED.to_vec()), rules(), 0..3);
    prop_oneof![1 => Just(Overwrites::default()), 5 => (roles, members).prop_map(|(roles, members)| Overwrites { roles, members })]
}

fn channels() -> impl Strategy<Value = BTreeMap<u64, Channel>> {
    let place = (0_u32..12, 10_u64..13, overwrites(), prop::bool::weighted(0.2));
    prop::collection::vec(place, 2..7).prop_map(|drawn| {
        let made = drawn.into_iter().zip(10_u64..).map(|((kind, parent, overwrites, age_restricted), id)| {
            let kind = match kind {
                0 | 1 if id > 11 => Kind::PublicThread { parent },
                2..=4 if id > 11 => Kind::PrivateThread { parent },
                5 if id > 11 => Kind::PrivateThread { parent: NOWHERE },
                6 if id > 11 => Kind::Category,
                0 | 7 | 8 => Kind::Voice,
                _ => Kind::Text,
            };
            let thread = matches!(kind, Kind::PublicThread { .. } | Kind::PrivateThread { .. });
            let overwrites = if thread { Overwrites::default() } else { overwrites };
            (id, Channel { kind, age_restricted: age_restricted && !thread, overwrites })
        });
        made.collect()
    })
}

fn person(id: impl Strategy<Value = u64>, is_bot: bool) -> impl Strategy<Value = Person> {
    let standing = match is_bot {
        true => prop_oneof![19 => Just(Standing::Member), 1 => Just(Standing::TimedOut), 0 => Just(Standing::Guest)],
        false => prop_oneof![8 => Just(Standing::Member), 2 => Just(Standing::TimedOut), 1 => Just(Standing::Guest)],
    };
    let roles = subsequence(vec![GUILD, 2, 3, 4], 0..=4);
    let threads = subsequence((10_u64..17).collect::<Vec<_>>(), if is_bot { 3..=7 } else { 0..=5 });
    (id, roles, standing, threads).prop_map(move |(id, mut roles, standing, threads)| {
        roles.extend(is_bot.then_some(BOT_ROLE));
        Person { id, roles, standing, threads: BTreeSet::from_iter(threads) }
    })
}
