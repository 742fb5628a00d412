//! Named situations.

use crate::guilds::{BOT, BOT_ROLE, GUILD, OWNER, READ};
use rtfm_bot::access::{
    Channel, Kind, Overwrites, Person, Role, Rules, Standing, Topology, for_channel_answer, for_private_answer,
    rights::*,
};
use rtfm_shared::event::ChannelId;
use std::collections::{BTreeSet, HashMap};

/// A channel's id, its kind, and who gets and loses what in it.
type Drawn<'a> = (u64, Kind, &'a [(u64, u64, u64)]);

/// Role 3 is the administrators', 4 manages threads, the others give nothing.
fn guild(channels: &[Drawn<'_>]) -> Topology {
    let channel = |(id, kind, rules): &Drawn<'_>| {
        let mut overwrites = Overwrites::default();
        for (who, allow, deny) in *rules {
            let map = if *who >= 100 { &mut overwrites.members } else { &mut overwrites.roles };
            map.insert(*who, Rules { allow: *allow, deny: *deny });
        }
        (*id, Channel { kind: *kind, age_restricted: false, overwrites })
    };
    let role = |permissions| Role { permissions, only: None };
    let own = Role { permissions: READ, only: Some(BOT) };
    let roles = [(GUILD, READ | CONNECT), (2, 0), (3, ADMINISTRATOR), (4, MANAGE_THREADS)];
    let mut roles: HashMap<u64, Role> = roles.into_iter().map(|(id, bits)| (id, role(bits))).collect();
    roles.insert(BOT_ROLE, own);
    Topology { guild: GUILD, owner: OWNER, roles, channels: channels.iter().map(channel).collect() }
}

fn member(roles: &[u64]) -> Person {
    Person { id: 150, roles: roles.to_vec(), ..Person::default() }
}

/// The bot, as an administrator: it stands in nobody's way.
fn bot() -> Person {
    Person { id: BOT, roles: vec![3, BOT_ROLE], ..Person::default() }
}

fn ids(channels: &[ChannelId]) -> Vec<u64> {
    channels.iter().map(|id| id.0.parse().unwrap()).collect()
}

/// What an answer in a channel may rest on.
fn scope(topology: &Topology, asking: u64, roles: &[u64]) -> Vec<u64> {
    ids(&for_channel_answer(topology, asking, &member(roles), &bot()))
}

/// What an answer for the asker's eyes alone may rest on.
fn private(topology: &Topology, asking: impl Into<Option<u64>>, asker: &Person) -> Vec<u64> {
    ids(&for_private_answer(topology, asking.into(), asker, &bot()))
}

const PRIVATE: &[(u64, u64, u64)] = &[(GUILD, 0, VIEW_CHANNEL), (2, VIEW_CHANNEL, 0)];
const NOTHING: [u64; 0] = [];

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
    let owner = Person { id: OWNER, ..Person::default() };
    assert_eq!(ids(&for_channel_answer(&guild, 10, &owner, &bot())), [10], "nor the owner's");
    assert_eq!(private(&guild, 10, &owner), [10, 11, 12], "but to the owner alone all is open");
    assert_eq!(private(&guild, 10, &member(&[4])), [10, 12]);
    assert_eq!(private(&guild, None, &member(&[2])), [10, 11], "in a direct message as anywhere");
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
    let guest = guild(&[
        (10, Kind::Text, &[(GUILD, 0, VIEW_CHANNEL), (2, VIEW_CHANNEL, 0), (160, VIEW_CHANNEL, 0)]),
        (11, Kind::Text, PRIVATE),
    ]);
    assert_eq!(scope(&guest, 10, &[2]), [10], "the guest of 10 is not in 11");
}

#[test]
fn of_the_asker_and_the_bot_it_is_known_what_they_read() {
    let ticket = [(GUILD, 0, VIEW_CHANNEL), (150, VIEW_CHANNEL, 0), (BOT, VIEW_CHANNEL, 0)];
    let guild = guild(&[(10, Kind::Text, PRIVATE), (11, Kind::Text, &ticket)]);
    assert_eq!(scope(&guild, 11, &[2]), [10, 11], "the one guest of the ticket reads 10");
    assert_eq!(scope(&guild, 11, &[]), [11]);
    let invited = [(GUILD, 0, VIEW_CHANNEL), (2, VIEW_CHANNEL, 0), (BOT_ROLE, VIEW_CHANNEL, 0)];
    let guild = self::guild(&[(10, Kind::Text, PRIVATE), (11, Kind::Text, &invited)]);
    assert_eq!(scope(&guild, 11, &[2]), [10, 11], "nobody but the bot has the bot's role");
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
    let silent = Person { standing: Standing::TimedOut, ..member(&[]) };
    assert_eq!(private(&guild, None, &silent), [10], "who is timed out cannot connect");
    let silent = Person { standing: Standing::TimedOut, ..member(&[3]) };
    assert_eq!(private(&guild, None, &silent), [10, 11, 12, 13], "administrators cannot be silenced");
    let guest = Person { standing: Standing::Guest, ..member(&[]) };
    assert_eq!(private(&guild, 12, &guest), NOTHING);
}

#[test]
fn threads_follow_their_channel_and_private_ones_stay_inside() {
    let guild = guild(&[
        (10, Kind::Text, &[]),
        (11, Kind::Text, PRIVATE),
        (12, Kind::Category, &[]),
        (20, Kind::PublicThread { parent: 10 }, &[]),
        (21, Kind::PublicThread { parent: 11 }, &[]),
        (22, Kind::PrivateThread { parent: 10 }, &[]),
        (23, Kind::PublicThread { parent: 99 }, &[]),
        (24, Kind::PublicThread { parent: 12 }, &[]),
        (25, Kind::PrivateThread { parent: 11 }, &[]),
    ]);
    assert_eq!(scope(&guild, 10, &[2]), [10, 20]);
    assert_eq!(scope(&guild, 21, &[2]), [10, 11, 20, 21]);
    assert_eq!(scope(&guild, 22, &[2]), [10, 20, 22]);
    assert_eq!(scope(&guild, 25, &[2, 4]), [10, 11, 20, 21, 25], "managing threads opens no other one in a channel");
    assert_eq!(scope(&guild, 23, &[2]), NOTHING, "a thread of an unknown channel");
    assert_eq!(scope(&guild, 12, &[2]), NOTHING, "nobody says anything in a category");

    assert_eq!(private(&guild, 10, &member(&[2])), [10, 11, 20, 21], "it is not known that they are in 22");
    let inside = Person { threads: BTreeSet::from([22, 25]), ..member(&[]) };
    assert_eq!(private(&guild, None, &inside), [10, 20, 22], "who is in 25 and does not view 11 is not in 25");
    assert_eq!(private(&guild, None, &member(&[4])), [10, 20, 22]);
    let silent = Person { standing: Standing::TimedOut, ..member(&[4]) };
    assert_eq!(private(&guild, None, &silent), [10, 20], "who is silenced manages no threads");
    let outside = Person { id: BOT, roles: vec![BOT_ROLE], ..Person::default() };
    assert_eq!(ids(&for_channel_answer(&guild, 22, &member(&[]), &outside)), [10, 20], "the bot is not in 22");
}

#[test]
fn what_a_category_rules_is_copied_by_discord_and_not_inherited() {
    let guild = guild(&[(12, Kind::Category, PRIVATE), (10, Kind::Text, &[]), (11, Kind::Text, PRIVATE)]);
    assert_eq!(scope(&guild, 10, &[]), [10]);
    assert_eq!(scope(&guild, 11, &[2]), [10, 11]);
}

#[test]
fn what_is_age_restricted_stays_behind_the_gate() {
    let mut guild = guild(&[
        (10, Kind::Text, &[]),
        (11, Kind::Text, &[]),
        (12, Kind::Voice, &[]),
        (21, Kind::PublicThread { parent: 11 }, &[]),
    ]);
    for id in [11, 12] {
        guild.channels.get_mut(&id).unwrap().age_restricted = true;
    }
    assert_eq!(scope(&guild, 10, &[]), [10]);
    assert_eq!(private(&guild, 10, &member(&[])), [10]);
    assert_eq!(private(&guild, None, &member(&[3])), [10], "nobody's age is known in a direct message");
    for inside in [11, 12, 21] {
        assert_eq!(scope(&guild, inside, &[]), [10, 11, 12, 21]);
        assert_eq!(private(&guild, inside, &member(&[])), [10, 11, 12, 21]);
    }
}

#[test]
fn what_is_not_known_is_closed() {
    let mut known = guild(&[(10, Kind::Text, &[]), (11, Kind::Text, PRIVATE)]);
    assert_eq!(scope(&known, 99, &[]), NOTHING, "an unknown channel");
    assert_eq!(private(&known, 99, &member(&[])), [10], "which is no reason to tell the asker nothing");
    let nobody = Person { id: BOT, ..Person::default() };
    assert_eq!(ids(&for_channel_answer(&known, 11, &member(&[2]), &nobody)), [10], "the bot cannot read 11");
    known.roles.remove(&GUILD);
    assert_eq!(scope(&known, 10, &[]), NOTHING, "without @everyone nothing can be proven");
    let owner = Person { id: OWNER, ..Person::default() };
    assert_eq!(private(&known, 10, &owner), NOTHING);
}

#[test]
fn a_role_that_is_not_known_takes_and_does_not_give() {
    let opened = guild(&[(10, Kind::Text, &[]), (11, Kind::Text, &[(GUILD, 0, VIEW_CHANNEL), (7, VIEW_CHANNEL, 0)])]);
    assert_eq!(private(&opened, 10, &member(&[7])), [10], "it may be gone, and then opens nothing");
    let closed = guild(&[(10, Kind::Text, &[]), (11, Kind::Text, &[(7, 0, VIEW_CHANNEL)])]);
    assert_eq!(private(&closed, 10, &member(&[7])), [10], "it may be there, and then shuts out");
    assert_eq!(scope(&closed, 10, &[]), [10]);
    // Whoever has only such a role views 10 by it, if it grants viewing, and nothing grants them the past of 11.
    let mut hidden = guild(&[(10, Kind::Text, &[(7, 0, 0)]), (11, Kind::Text, &[(2, READ_MESSAGE_HISTORY, 0)])]);
    hidden.roles.insert(GUILD, Role::default());
    hidden.roles.insert(2, Role { permissions: VIEW_CHANNEL, only: None });
    assert_eq!(scope(&hidden, 10, &[2]), NOTHING);
    hidden.channels.get_mut(&10).unwrap().overwrites.roles.clear();
    assert_eq!(scope(&hidden, 10, &[2]), [11], "everybody who views 10 has role 2");
    assert_eq!(scope(&hidden, 10, &[2, 7]), NOTHING, "the asker shows that there is a role 7");
}

#[test]
fn a_large_guild_is_worked_out_in_no_time() {
    let overwrites: Vec<(u64, u64, u64)> = (2..90)
        .map(|role| (role, VIEW_CHANNEL, READ_MESSAGE_HISTORY))
        .chain((200..215).map(|id| (id, VIEW_CHANNEL, 0)))
        .collect();
    let drawn: Vec<Drawn<'_>> = (1000..1500).map(|id| (id, Kind::Text, overwrites.as_slice())).collect();
    let mut large = guild(&drawn);
    large.roles.extend((6..250).map(|id| (id, Role { permissions: (id % 4) << 10, only: None })));
    let begun = std::time::Instant::now();
    assert_eq!(scope(&large, 1000, &[3]), NOTHING);
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    println!("{:?}", begun.elapsed());
}
