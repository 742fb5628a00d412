//! All questions of all sets against one memory, one after another.

use super::{
    bm25::Bm25,
    ground::Ground,
    metrics::Scores,
    set::{Library, Place, Question, Set},
};
use crate::fault::Fault;
use rtfm_memory::retrieval::AttemptResult;
use rtfm_shared::event::{ChatMessage, MessageId, Query, QueryId, Scope};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Messages of a ranking that count.
    pub(crate) k: usize,
    /// Whether each answerable question is asked a second time with its relevant messages absent.
    pub(crate) withhold: bool,
}

/// What came of one question.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) query_id: String,
    /// Whether the set answers it, as it was asked.
    pub(crate) answerable: bool,
    /// Whether its relevant messages were withheld, for its second asking.
    pub(crate) withheld: bool,
    /// Whether retrieval says that what it found does not suffice.
    pub(crate) abstained: bool,
    /// How well it says that it fits.
    pub(crate) confidence: f64,
    /// What the reader would be told of where it was looked for.
    pub(crate) notice: Option<String>,
    /// None where there is nothing to find.
    pub(crate) scores: Option<Scores>,
    pub(crate) bm25: Option<Scores>,
    /// The first k messages, by the file's ids.
    pub(crate) ranking: Vec<String>,
    /// Which of them are relevant.
    pub(crate) found: Vec<String>,
    pub(crate) milliseconds: f64,
}

/// What came of a measurement.
#[derive(Debug)]
pub(crate) struct Measured {
    /// How long indexing took.
    pub(crate) indexed_in: Duration,
    /// Of each set, its questions' outcomes in the order of the file; second askings behind them.
    pub(crate) outcomes: Vec<Vec<Outcome>>,
}

/// A question as it is asked.
#[derive(Clone, Copy, Debug)]
struct Asking {
    at: usize,
    withheld: bool,
}

/// Indexes every set, then asks every question.
pub(crate) async fn run(
    library: &Library,
    ground: &Ground,
    plan: Plan,
    heard: impl Fn(u64),
    asked: impl Fn(u64),
) -> Result<Measured, Fault> {
    let started = Instant::now();
    for set in &library.sets {
        ground.learn(&set.messages, &heard).await?;
    }
    let indexed_in = started.elapsed();
    let mut outcomes = Vec::new();
    for set in &library.sets {
        outcomes.push(measure(set, ground, plan, &asked).await?);
    }
    Ok(Measured { indexed_in, outcomes })
}

async fn measure(set: &Set, ground: &Ground, plan: Plan, asked: &impl Fn(u64)) -> Result<Vec<Outcome>, Fault> {
    let bm25 = Bm25::of(set.messages.iter().map(|message| message.content.as_str()));
    let places: HashMap<&MessageId, Place> =
        set.messages.iter().enumerate().map(|(place, message)| (&message.message_id, place)).collect();
    let mut outcomes: BTreeMap<(bool, usize), Outcome> = BTreeMap::new();
    for (absent, askings) in by_absence(&set.questions, plan) {
        let gone: Vec<ChatMessage> = absent.iter().filter_map(|place| set.messages.get(*place)).cloned().collect();
        ground.take_out(&gone).await?;
        for Asking { at, withheld } in askings {
            let Some(question) = set.questions.get(at) else { continue };
            let (attempt_result, took) = ground.ask(&query(set, question)).await?;
            let mut outcome = outcome(set, question, &attempt_result, &places, plan.k);
            outcome.withheld = withheld;
            outcome.milliseconds = took.as_secs_f64() * 1_000.0;
            if withheld {
                (outcome.answerable, outcome.scores) = (false, None);
                outcome.found.clear();
            } else if question.answerable {
                let best = bm25.best(&question.text, &absent, plan.k);
                outcome.bm25 = Some(scores(&best, question, plan.k));
            }
            outcomes.insert((withheld, at), outcome);
            asked(1);
        }
        ground.put_back(&gone).await?;
    }
    Ok(outcomes.into_values().collect())
}

/// The questions by what must be absent when they are asked, so that it is taken out once for all of them.
fn by_absence(questions: &[Question], plan: Plan) -> BTreeMap<BTreeSet<Place>, Vec<Asking>> {
    let mut groups: BTreeMap<BTreeSet<Place>, Vec<Asking>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        let without = || question.exclude.union(&question.relevant).copied().collect();
        // What would answer an unanswerable question is not there.
        let absent = if question.answerable { question.exclude.clone() } else { without() };
        groups.entry(absent).or_default().push(Asking { at, withheld: false });
        if plan.withhold && question.answerable {
            groups.entry(without()).or_default().push(Asking { at, withheld: true });
        }
    }
    groups
}

/// The question as the bot would bring it: from whom, where and when it was asked, as far as that is known.
fn query(set: &Set, question: &Question) -> Query {
    let asking = question.exclude.first().and_then(|place| set.messages.get(*place));
    let newest = || set.messages.iter().map(|message| message.timestamp).max().unwrap_or_default();
    Query {
        query_id: QueryId(question.id.clone()),
        original_message_id: asking.map(|asking| asking.message_id.clone()).unwrap_or_default(),
        question: question.text.clone(),
        username: asking.map(|asking| asking.username.clone()).unwrap_or_default(),
        user_id: asking.map(|asking| asking.user_id.clone()).unwrap_or_default(),
        channel_id: question.channel.clone().or(asking.map(|asking| asking.channel_id.clone())).unwrap_or_default(),
        timestamp: asking.map_or_else(newest, |asking| asking.timestamp),
        guild_id: Some(set.guild.clone()),
        scope: Some(Scope { channel_ids: Vec::new(), whole_guild: true }),
        ..Query::default()
    }
}

fn outcome(
    set: &Set,
    question: &Question,
    attempt_result: &AttemptResult,
    places: &HashMap<&MessageId, Place>,
    k: usize,
) -> Outcome {
    let found = &attempt_result.found;
    // Message ids of the memory; another message than the set's would be a fault, and counts as irrelevant.
    let ranking: Vec<Option<Place>> =
        found.ranking.iter().take(k).map(|ranked| places.get(&ranked.message.message_id).copied()).collect();
    let known: Vec<Place> = ranking.iter().flatten().copied().collect();
    let name = |place: &Place| set.ids.get(*place).cloned().unwrap_or_default();
    Outcome {
        query_id: question.id.clone(),
        answerable: question.answerable,
        withheld: false,
        abstained: !found.confidence.suffices,
        confidence: found.confidence.score(),
        notice: attempt_result.notice().map(str::to_owned),
        scores: question.answerable.then(|| scores(&known, question, k)),
        bm25: None,
        found: known.iter().filter(|place| question.relevant.contains(place)).map(name).collect(),
        ranking: known.iter().map(name).collect(),
        milliseconds: 0.0,
    }
}

fn scores(ranking: &[Place], question: &Question, k: usize) -> Scores {
    Scores::of(ranking.iter().map(|place| question.relevant.contains(place)), question.relevant.len(), k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(exclude: &[Place], relevant: &[Place], answerable: bool) -> Question {
        let set = |places: &[Place]| places.iter().copied().collect();
        let (id, text) = (String::new(), "?".to_owned());
        Question { id, text, channel: None, exclude: set(exclude), relevant: set(relevant), answerable }
    }

    #[test]
    fn questions_with_the_same_absent_messages_share_a_taking_out() {
        let questions = [
            question(&[1], &[2], true),
            question(&[1], &[3], true),
            question(&[], &[2], true),
            question(&[], &[], false),
        ];
        let shape = |withhold| {
            let groups = by_absence(&questions, Plan { k: 10, withhold });
            let asked = |askings: Vec<Asking>| askings.into_iter().map(|a| (a.at, a.withheld)).collect::<Vec<_>>();
            groups.into_iter().map(|(absent, a)| (Vec::from_iter(absent), asked(a))).collect::<Vec<_>>()
        };
        assert_eq!(shape(false), [(vec![], vec![(2, false), (3, false)]), (vec![1], vec![(0, false), (1, false)])]);
        let second = [(vec![1, 2], vec![(0, true)]), (vec![1, 3], vec![(1, true)]), (vec![2], vec![(2, true)])];
        assert!(second.iter().all(|group| shape(true).contains(group)), "{:?}", shape(true));
    }

    #[test]
    fn what_would_answer_an_unanswerable_question_is_absent() {
        let groups = by_absence(&[question(&[1], &[2], false)], Plan { k: 10, withhold: true });
        assert_eq!(groups.into_keys().collect::<Vec<_>>(), [BTreeSet::from([1, 2])]);
    }
}
