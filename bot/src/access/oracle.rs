//! Tests of the access rule: named situations, and random guilds against an independent brute force that
//! enumerates members and role sets and computes permissions in another way than the module does.

use super::{Channel, Kind, Overwrites, Person, Role, Rules, Topology, for_channel_answer};
use super::{scope::for_private_answer, topology::rights};
use proptest::prelude::*;
use rights::{ADMINISTRATOR, CONNECT, READ_MESSAGE_HISTORY, VIEW_CHANNEL};
use rtfm_shared::event::ChannelId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const GUILD: u64 = 1;
const OWNER: u64 = 100;
const BOT: u64 = 199;
const READ: u64 = VIEW_CHANNEL | READ_MESSAGE_HISTORY;

/// Permission by permission, as Discord's documentation words it.
fn oracle_has(topology: &Topology, channel: &Channel, user: u64, roles: &[u64], bit: u64) -> bool {
    if user == topology.owner {
        return true;
    }
    let gives = |role: &u64, bit: u64| topology.roles.get(role).is_some_and(|role| role.permissions & bit != 0);
    let all: Vec<u64> = roles.iter().copied().chain([GUILD]).collect();
    if all.iter().any(|role| gives(role, ADMINISTRATOR)) {
        return true;
    }
    let rules = |role: u64| channel.overwrites.roles.get(&role).copied().unwrap_or_default();
    let mine = channel.overwrites.members.get(&user).copied().unwrap_or_default();
    if mine.allow & bit != 0 {
        true
    } else if mine.deny & bit != 0 {
        false
    } else if roles.iter().any(|role| rules(*role).allow & bit != 0) {
        true
    } else if roles.iter().any(|role| rules(*role).deny & bit != 0) {
        false
    } else if rules(GUILD).allow & bit != 0 {
        true
    } else if rules(GUILD).deny & bit != 0 {
        false
    } else {
        all.iter().any(|role| gives(role, bit))
    }
}

fn oracle_parent(topology: &Topology, id: u64) -> Option<&Channel> {
    let channel = &topology.channels[&id];
    match channel.kind {
        Kind::PublicThread { parent } | Kind::PrivateThread { parent } => {
            topology.channels.get(&parent).filter(|parent| matches!(parent.kind, Kind::Text | Kind::Voice))
        }
        Kind::Category => None,
        Kind::Text | Kind::Voice => Some(channel),
    }
}

fn oracle_views(topology: &Topology, id: u64, user: u64, roles: &[u64]) -> bool {
    oracle_parent(topology, id).is_some_and(|channel| oracle_has(topology, channel, user, roles, VIEW_CHANNEL))
}

fn oracle_reads(topology: &Topology, id: u64, user: u64, roles: &[u64]) -> bool {
    oracle_parent(topology, id).is_some_and(|channel| {
        oracle_has(topology, channel, user, roles, VIEW_CHANNEL)
            && oracle_has(topology, channel, user, roles, READ_MESSAGE_HISTORY)
            && (channel.kind != Kind::Voice || oracle_has(topology, channel, user, roles, CONNECT))
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let bits = || {
        prop::sample::subsequence(vec![VIEW_CHANNEL, READ_MESSAGE_HISTORY, CONNECT], 0..=2)
            .prop_map(|bits| bits.into_iter().sum::<u64>())
    };
    // Discord never stores a bit as both allowed and denied.
    (bits(), bits()).prop_map(|(allow, deny)| Rules { allow, deny: deny & !allow })
}

fn overwrites() -> impl Strategy<Value = Overwrites> {
    let roles = prop::collection::btree_map(prop_oneof![2 => Just(GUILD), 3 => 2_u64..6], rules(), 0..4);
    let members = prop::collection::btree_map(100_u64..106, rules(), 0..2);
    (roles, members).prop_map(|(roles, members)| Overwrites { roles, members })
}

fn topology() -> impl Strategy<Value = Topology> {
    let granted = prop::sample::subsequence(vec![VIEW_CHANNEL, READ_MESSAGE_HISTORY, CONNECT], 0..=3);
    let role = (granted.clone(), prop::bool::weighted(0.05)).prop_map(|(bits, admin)| Role {
        permissions: bits.into_iter().sum::<u64>() | if admin { ADMINISTRATOR } else { 0 },
    });
    let everyone = granted.prop_map(|bits| Role { permissions: bits.into_iter().sum() });
    let roles = (everyone, prop::collection::hash_map(2_u64..6, role, 0..4));
    let channels = prop::collection::vec((0..8, overwrites()), 1..6);
    (roles, channels).prop_map(|((everyone, mut roles), channels)| {
        roles.insert(GUILD, everyone);
        let mut map = BTreeMap::new();
        for (index, (kind, overwrites)) in channels.into_iter().enumerate() {
            let id = 10 + index as u64;
            let (kind, overwrites) = match kind {
                0 => (Kind::Category, overwrites),
                1 => (Kind::Voice, overwrites),
                2 => (Kind::PublicThread { parent: 10 }, Overwrites::default()),
                3 => (Kind::PrivateThread { parent: 10 }, Overwrites::default()),
                _ => (Kind::Text, overwrites),
            };
            map.insert(id, Channel { kind, overwrites });
        }
        Topology { guild: GUILD, owner: OWNER, roles, channels: map }
    })
}

fn members() -> impl Strategy<Value = HashMap<u64, Vec<u64>>> {
    let roles = || prop::sample::subsequence(vec![2_u64, 3, 4, 5], 0..=4);
    prop::collection::hash_map(prop_oneof![Just(BOT), 100_u64..108], roles(), 2..8)
}

fn subsets() -> Vec<Vec<u64>> {
    (0_u64..16).map(|mask| (0..4).filter(|bit| mask >> bit & 1 == 1).map(|bit| bit + 2).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_learns_what_they_could_not_read_and_nothing_more_is_withheld_than_must_be(
        topology in topology(),
        members in members(),
    ) {
        let person = |id: u64| Person { id, roles: members.get(&id).cloned().unwrap_or_default() };
        let bot = person(BOT);
        for asker in members.keys().map(|id| person(*id)) {
            for asking in topology.channels.keys().copied() {
                let scope: BTreeSet<ChannelId> = for_channel_answer(&topology, asking, &asker, &bot).into_iter().collect();
                let private: BTreeSet<ChannelId> = for_private_answer(&topology, Some(asking), &asker, &bot).into_iter().collect();
                prop_assert!(scope.is_subset(&private));
                for (id, channel) in &topology.channels {
                    let inside = scope.contains(&ChannelId::from(*id));
                    let asker_reads = oracle_reads(&topology, *id, asker.id, &asker.roles);
                    let bot_reads = oracle_reads(&topology, *id, BOT, &bot.roles);
                    let closed = matches!(channel.kind, Kind::PrivateThread { .. }) && *id != asking;
                    let fit = asker_reads && bot_reads && !closed;
                    prop_assert_eq!(private.contains(&ChannelId::from(*id)), fit);
                    if inside {
                        prop_assert!(fit);
                        for (member, roles) in &members {
                            let views = oracle_views(&topology, asking, *member, roles);
                            prop_assert!(!views || oracle_reads(&topology, *id, *member, roles), "{member} learns of {id}");
                        }
                    } else if fit && oracle_parent(&topology, asking).is_some() {
                        // Somebody whom this guild could have would learn what they cannot read.
                        let somebody = (101_u64..106).chain([999]).any(|user| subsets().iter().any(|roles| {
                            oracle_views(&topology, asking, user, roles) && !oracle_reads(&topology, *id, user, roles)
                        }));
                        prop_assert!(somebody, "{id} is withheld from {asking} without need");
                    }
                }
            }
        }
    }
}

/// A channel's id, its kind, and who gets and loses what in it.
type Drawn<'a> = (u64, Kind, &'a [(u64, u64, u64)]);

fn guild(channels: &[Drawn<'_>]) -> Topology {
    let channel = |(id, kind, rules): &Drawn<'_>| {
        let mut overwrites = Overwrites::default();
        for (who, allow, deny) in *rules {
            let map = if *who >= 100 { &mut overwrites.members } else { &mut overwrites.roles };
            map.insert(*who, Rules { allow: *allow, deny: *deny });
        }
        (*id, Channel { kind: kind.clone(), overwrites })
    };
    let role = |permissions| Role { permissions };
    Topology {
        guild: GUILD,
        owner: OWNER,
        roles: HashMap::from([(GUILD, role(READ | CONNECT)), (2, role(0)), (3, role(ADMINISTRATOR)), (4, role(0))]),
        channels: channels.iter().map(channel).collect(),
    }
}

/// The scope of a question by somebody with these roles in a channel; the bot is an administrator.
fn scope(topology: &Topology, asking: u64, roles: &[u64]) -> Vec<u64> {
    let asker = Person { id: 150, roles: roles.to_vec() };
    let bot = Person { id: BOT, roles: vec![3] };
    for_channel_answer(topology, asking, &asker, &bot).iter().map(|id| id.0.parse().unwrap()).collect()
}

const PRIVATE: &[(u64, u64, u64)] = &[(GUILD, 0, VIEW_CHANNEL), (2, VIEW_CHANNEL, 0)];

#[test]
fn a_private_channel_is_for_those_who_share_it() {
    let guild = guild(&[
        (10, Kind::Text, &[]),
        (11, Kind::Text, PRIVATE),
        (12, Kind::Text, &[(GUILD, 0, VIEW_CHANNEL), (4, VIEW_CHANNEL, 0)]),
    ]);
    assert_eq!(scope(&guild, 10, &[2]), [10], "asked in public: what is public");
    assert_eq!(scope(&guild, 11, &[2]), [10, 11], "asked in private: what all in there can read");
    assert_eq!(scope(&guild, 11, &[2, 4]), [10, 11], "the asker alone reads more, the others do not");
    assert_eq!(scope(&guild, 11, &[3]), [10, 11], "an administrator's question reveals no more");
}

#[test]
fn a_role_that_is_shut_out_somewhere_shuts_it_out_of_answers() {
    let guild = guild(&[(10, Kind::Text, &[]), (11, Kind::Text, &[(4, 0, VIEW_CHANNEL)])]);
    assert_eq!(scope(&guild, 10, &[]), [10], "a member with role 4 views 10 and not 11");
    assert_eq!(scope(&guild, 11, &[]), [10, 11]);
}

#[test]
fn overwrites_of_single_members_count() {
    let shut_out = guild(&[(10, Kind::Text, &[]), (11, Kind::Text, &[(160, 0, VIEW_CHANNEL)])]);
    assert_eq!(scope(&shut_out, 10, &[]), [10]);
    let ticket = guild(&[(10, Kind::Text, PRIVATE), (11, Kind::Text, &[(GUILD, 0, VIEW_CHANNEL), (150, READ, 0)])]);
    assert_eq!(scope(&ticket, 11, &[2]), [11], "a guest's ticket does not open what only role 2 reads");
    let guest = guild(&[
        (10, Kind::Text, &[(GUILD, 0, VIEW_CHANNEL), (2, VIEW_CHANNEL, 0), (160, VIEW_CHANNEL, 0)]),
        (11, Kind::Text, PRIVATE),
    ]);
    assert_eq!(scope(&guest, 10, &[2]), [10], "the guest of 10 is not in 11");
}

#[test]
fn history_and_connecting_are_needed_to_read() {
    let guild = guild(&[
        (10, Kind::Text, &[]),
        (11, Kind::Text, &[(GUILD, 0, READ_MESSAGE_HISTORY)]),
        (12, Kind::Voice, &[]),
        (13, Kind::Voice, &[(GUILD, 0, CONNECT)]),
    ]);
    assert_eq!(scope(&guild, 10, &[]), [10, 12]);
    assert_eq!(scope(&guild, 11, &[]), [10, 12], "not even itself: newcomers do not see its past");
}

#[test]
fn threads_follow_their_parent_and_private_ones_stay_inside() {
    let guild = guild(&[
        (10, Kind::Text, &[]),
        (11, Kind::Text, PRIVATE),
        (12, Kind::Category, &[]),
        (20, Kind::PublicThread { parent: 10 }, &[]),
        (21, Kind::PublicThread { parent: 11 }, &[]),
        (22, Kind::PrivateThread { parent: 10 }, &[]),
        (23, Kind::PublicThread { parent: 99 }, &[]),
    ]);
    assert_eq!(scope(&guild, 10, &[2]), [10, 20]);
    assert_eq!(scope(&guild, 21, &[2]), [10, 11, 20, 21]);
    assert_eq!(scope(&guild, 22, &[2]), [10, 20, 22]);
    assert_eq!(scope(&guild, 23, &[2]), [0; 0], "a thread of an unknown parent");
}

#[test]
fn what_is_not_known_is_closed() {
    let mut known = guild(&[(10, Kind::Text, &[])]);
    assert_eq!(scope(&known, 99, &[]), [0; 0], "an unknown channel");
    let nobody = Person { id: BOT, roles: Vec::new() };
    let asker = Person { id: 150, roles: Vec::new() };
    known.channels.insert(11, guild(&[(11, Kind::Text, PRIVATE)]).channels[&11].clone());
    assert!(!for_channel_answer(&known, 10, &asker, &nobody).contains(&ChannelId::from(11)), "the bot cannot read it");
    known.roles.remove(&GUILD);
    assert_eq!(scope(&known, 10, &[]), [0; 0], "without @everyone nothing can be proven");
}
