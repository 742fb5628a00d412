//! Random guilds: the module and the brute force must agree on every place, whoever asks and wherever.

use crate::{
    guilds::{Case, GUILD, NOWHERE, cases},
    oracle::{Oracle, parent},
    tally::Tally,
};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestCaseResult, TestRunner},
};
use rtfm_bot::access::{Kind, Person, Standing, for_channel_answer, for_private_answer};
use std::collections::{BTreeMap, BTreeSet};

const CASES: u32 = 10_500;
const THREADS: u32 = 2;

fn ids(channels: Vec<rtfm_shared::event::ChannelId>) -> BTreeSet<u64> {
    channels.iter().map(|id| id.0.parse().unwrap()).collect()
}

/// Nobody learns what they could not read, and nothing is withheld that everybody concerned can read.
#[test]
fn an_answer_rests_on_exactly_what_its_readers_can_read() {
    let tally = Tally::default();
    // Each strategy that is combined begins a generator of its own; without optimization only this one is quick.
    let config = || ProptestConfig {
        cases: CASES / THREADS,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    };
    let run =
        || TestRunner::new(config()).run(&cases(), |case| agree(&case, &tally)).map_err(|error| error.to_string());
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        for run in runs {
            run.join().unwrap().unwrap_or_else(|why| panic!("{why}"));
        }
    });
    println!("{tally:#?}");

    assert!(tally.of("cases") >= 10_000);
    for kind in ["in a channel", "privately", "in a direct message"] {
        let (told, withheld) = match kind {
            "in a channel" => ("in a channel: told", "in a channel: withheld for the audience's sake"),
            "privately" => ("privately: told", "privately: withheld"),
            _ => ("in a direct message: told", "in a direct message: withheld"),
        };
        let (told, withheld) = (tally.of(told), tally.of(withheld));
        let all = told + withheld;
        assert!(told * 5 >= all && withheld * 5 >= all, "{kind}: {told} told, {withheld} withheld");
    }
    tally.at_least(
        500,
        &[
            "withheld for one whom an overwrite names",
            "withheld for its age gate",
            "withheld for want of history",
            "withheld from the bot alone",
            "told of a private thread inside it",
            "told of a private thread that one is in",
            "told of a private thread that one manages",
            "told of a public thread",
            "told of voice",
            "told of what is age-restricted",
            "told an owner",
            "told somebody with a role that is not known",
            "asked in a category",
        ],
    );
    tally.at_least(
        100,
        &[
            "withheld for a role that is not known",
            "withheld for want of connect",
            "withheld for a timeout",
            "withheld from a guest",
            "a guild without @everyone",
        ],
    );
}

fn agree(case: &Case, tally: &Tally) -> TestCaseResult {
    let Case { topology, asker, bot } = case;
    let oracle = Oracle::of(case);
    tally.count("cases", true);
    tally.count("a guild without @everyone", !topology.roles.contains_key(&GUILD));
    let reads = |person, inside: bool| -> BTreeMap<u64, bool> {
        let places = topology.channels.keys().copied();
        places.map(|place| (place, oracle.person_reads(place, person, inside.then_some(place)))).collect()
    };
    let (asker_inside, asker_outside, bot_outside) = (reads(asker, true), reads(asker, false), reads(bot, false));
    for asking in topology.channels.keys().copied().map(Some).chain([Some(NOWHERE), None]) {
        let private = ids(for_private_answer(topology, asking, asker, bot));
        let everyone = asking.map(|asking| ids(for_channel_answer(topology, asking, asker, bot)));
        for place in topology.channels.keys().copied() {
            let asker_reads = if asking == Some(place) { asker_inside[&place] } else { asker_outside[&place] };
            let bot_reads = bot_outside[&place];
            let readable = asker_reads && bot_reads;
            let fit = readable && oracle.old_enough(place, asking);
            prop_assert_eq!(private.contains(&place), fit, "{} for the asker in {:?}", place, asking);
            note_private(case, &oracle, tally, (asking, place), (asker_reads, bot_reads, fit));
            let (Some(asking), Some(everyone)) = (asking, &everyone) else { continue };
            let leak = oracle.leak(asking, place);
            let kind = topology.channels[&place].kind;
            let closed = matches!(kind, Kind::PrivateThread { .. }) && place != asking;
            let asked_somewhere = parent(topology, asking).is_some();
            let secret = leak.anybody || leak.named || leak.by_unknown_role;
            let told = fit && !closed && asked_somewhere && !secret;
            prop_assert_eq!(everyone.contains(&place), told, "{} for everyone in {}: {:?}", place, asking, leak);
            let candidate = fit && !closed && asked_somewhere;
            // What is said where it is asked is mostly told; of interest is the rest.
            let elsewhere = parent(topology, asking) != parent(topology, place);
            tally.count("in a channel: told", told && elsewhere);
            tally.count("in a channel: withheld for the audience's sake", candidate && secret && elsewhere);
            tally.count(
                "withheld for one whom an overwrite names",
                candidate && leak.named && !leak.anybody && !leak.by_unknown_role,
            );
            tally.count(
                "withheld for a role that is not known",
                candidate && leak.by_unknown_role && !leak.named && !leak.anybody,
            );
            tally.count("told of a private thread inside it", told && matches!(kind, Kind::PrivateThread { .. }));
            tally.count(
                "asked in a category",
                topology.channels.get(&asking).is_some_and(|at| at.kind == Kind::Category),
            );
        }
    }
    Ok(())
}

fn note_private(
    case: &Case,
    oracle: &Oracle<'_>,
    tally: &Tally,
    (asking, place): (Option<u64>, u64),
    (asker_reads, bot_reads, fit): (bool, bool, bool),
) {
    let Case { topology, asker, .. } = case;
    let kind = topology.channels[&place].kind;
    let private_thread = matches!(kind, Kind::PrivateThread { .. });
    let decided = if asking.is_some() {
        ["privately: told", "privately: withheld"]
    } else {
        ["in a direct message: told", "in a direct message: withheld"]
    };
    tally.count(decided[0], fit);
    tally.count(decided[1], !fit && parent(topology, place).is_some());
    let gated = |place| parent(topology, place).is_some_and(|ruler| topology.channels[&ruler].age_restricted);
    tally.count("withheld for its age gate", asker_reads && bot_reads && !fit);
    tally.count("told of what is age-restricted", fit && gated(place));
    tally.count("withheld from the bot alone", asker_reads && !bot_reads);
    tally.count("told of a public thread", fit && matches!(kind, Kind::PublicThread { .. }));
    tally.count("told of voice", fit && kind == Kind::Voice);
    tally.count("told an owner", fit && asker.id == topology.owner);
    let unknown = asker.roles.iter().any(|role| !topology.roles.contains_key(role));
    tally.count("told somebody with a role that is not known", fit && unknown);
    let elsewhere = private_thread && asking != Some(place);
    tally.count("told of a private thread that one is in", fit && elsewhere && asker.threads.contains(&place));
    tally.count("told of a private thread that one manages", fit && elsewhere && !asker.threads.contains(&place));
    // What one thing alone takes away.
    let otherwise = |change: &dyn Fn(&mut Case)| {
        let mut case = case.clone();
        change(&mut case);
        let asker = case.asker.clone();
        Oracle::persons(&case).person_reads(place, &asker, asking)
    };
    if asker_reads || asking.is_some() {
        return;
    }
    let of_age = oracle.old_enough(place, asking);
    let as_member = otherwise(&|case| case.asker = Person { standing: Standing::Member, ..case.asker.clone() });
    tally.count("withheld for a timeout", asker.standing == Standing::TimedOut && as_member && of_age);
    tally.count("withheld from a guest", asker.standing == Standing::Guest && as_member && of_age);
    let with = |bit: u64| {
        otherwise(&|case| {
            let ruler = parent(&case.topology, place).unwrap_or(place);
            if let Some(channel) = case.topology.channels.get_mut(&ruler) {
                channel.overwrites.members.entry(case.asker.id).or_default().allow |= bit;
            }
        })
    };
    tally.count("withheld for want of history", with(rtfm_bot::access::rights::READ_MESSAGE_HISTORY));
    tally.count("withheld for want of connect", with(rtfm_bot::access::rights::CONNECT));
}
