//! The evaluation: indexes every set, then runs every question against the same memory, one after another.

use crate::{
    bm25::Bm25,
    corpus::{Corpus, EvalQuestion, EvalSet, MessageIndex},
    error::EvalError,
    memory::{EvalStore, Retrieved, TemporaryMemory},
    metrics::Scores,
};
use rtfm_shared::{
    config::Env,
    event::{ChatMessage, MessageId, Query, QueryId, Scope},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// How to evaluate a corpus.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// Where the messages are stored.
    pub store: EvalStore,
    /// A value of `EMBEDDER`.
    pub embedder: String,
    /// Messages of a ranking that count.
    pub k: usize,
    /// Whether each answerable question runs a second time with its relevant messages hidden.
    pub withhold: bool,
}

/// The result of one question.
#[derive(Debug, Serialize)]
pub struct QuestionOutcome {
    /// The question's id in the file.
    pub query_id: String,
    /// Whether the memory held an answer during this run.
    pub answerable: bool,
    /// Whether this is the second run, with the relevant messages hidden.
    pub withheld: bool,
    /// Whether retrieval finds its evidence insufficient.
    pub abstained: bool,
    /// Retrieval's confidence in its evidence.
    pub confidence: f64,
    /// The note to the reader about where retrieval searched.
    pub notice: Option<String>,
    /// The ranking's scores; `None` for an unanswerable question.
    pub scores: Option<Scores>,
    /// The baseline's scores; `None` for an unanswerable question.
    pub bm25: Option<Scores>,
    /// The first k messages, by the file's ids.
    pub ranking: Vec<String>,
    /// The relevant messages among them.
    pub found: Vec<String>,
    /// Latency of retrieval in this run.
    pub milliseconds: f64,
}

/// The result of an evaluation.
#[derive(Debug)]
pub struct Evaluation {
    /// The embedding model's name, or `none`.
    pub embedder: String,
    /// How long indexing took.
    pub indexing_time: Duration,
    /// For each set, its questions' outcomes in the order of the file; second runs come last.
    pub outcomes: Vec<Vec<QuestionOutcome>>,
}

/// One run of a question.
#[derive(Clone, Copy, Debug)]
struct QuestionRun {
    index: usize,
    withheld: bool,
}

impl EvalOptions {
    /// How many steps an evaluation of the corpus reports to `progress`.
    pub fn steps(&self, corpus: &Corpus) -> u64 {
        let messages: usize = corpus.sets.iter().map(|set| set.messages.len()).sum();
        let questions = || corpus.sets.iter().flat_map(|set| &set.questions);
        let second_runs = questions().filter(|question| self.withhold && question.answerable).count();
        (messages + questions().count() + second_runs) as u64
    }
}

/// Evaluates a corpus on a temporary memory. Removes the memory at the end, also after `stop` is cancelled.
pub async fn evaluate(
    env: &Env,
    corpus: &Corpus,
    options: &EvalOptions,
    stop: &CancellationToken,
    progress: impl Fn(u64),
) -> Result<Evaluation, EvalError> {
    let memory = TemporaryMemory::open(env, options.store, &options.embedder).await?;
    let outcome = tokio::select! {
        evaluation = run(corpus, &memory, options, progress) => evaluation,
        () = stop.cancelled() => Err(EvalError::Interrupted),
    };
    let removed = memory.remove().await;
    let evaluation = outcome?;
    removed?;
    Ok(evaluation)
}

async fn run(
    corpus: &Corpus,
    memory: &TemporaryMemory,
    options: &EvalOptions,
    progress: impl Fn(u64),
) -> Result<Evaluation, EvalError> {
    let started = Instant::now();
    for set in &corpus.sets {
        memory.index(&set.messages, &progress).await?;
    }
    let indexing_time = started.elapsed();
    let mut outcomes = Vec::new();
    for set in &corpus.sets {
        outcomes.push(run_set(set, memory, options, &progress).await?);
    }
    Ok(Evaluation { embedder: memory.embedder().to_owned(), indexing_time, outcomes })
}

async fn run_set(
    set: &EvalSet,
    memory: &TemporaryMemory,
    options: &EvalOptions,
    progress: &impl Fn(u64),
) -> Result<Vec<QuestionOutcome>, EvalError> {
    let bm25 = Bm25::of(set.messages.iter().map(|message| message.content.as_str()));
    let positions: HashMap<&MessageId, MessageIndex> =
        set.messages.iter().enumerate().map(|(position, message)| (&message.message_id, position)).collect();
    let mut outcomes: BTreeMap<(bool, usize), QuestionOutcome> = BTreeMap::new();
    for (hidden, runs) in group_by_hidden(&set.questions, options.withhold) {
        let messages: Vec<ChatMessage> = hidden.iter().filter_map(|at| set.messages.get(*at)).cloned().collect();
        memory.hide(&messages).await?;
        for QuestionRun { index, withheld } in runs {
            let Some(question) = set.questions.get(index) else { continue };
            let retrieved = memory.retrieve(&query(set, question)).await?;
            let mut outcome = outcome(set, question, retrieved, &positions, options.k);
            outcome.withheld = withheld;
            if withheld {
                (outcome.answerable, outcome.scores) = (false, None);
                outcome.found.clear();
            } else if question.answerable {
                let best = bm25.best(&question.text, &hidden, options.k);
                outcome.bm25 = Some(scores(&best, question, options.k));
            }
            outcomes.insert((withheld, index), outcome);
            progress(1);
        }
        memory.restore(&messages).await?;
    }
    Ok(outcomes.into_values().collect())
}

/// Groups the questions by the messages to hide, so that each group hides its messages once.
fn group_by_hidden(questions: &[EvalQuestion], withhold: bool) -> BTreeMap<BTreeSet<MessageIndex>, Vec<QuestionRun>> {
    let mut groups: BTreeMap<BTreeSet<MessageIndex>, Vec<QuestionRun>> = BTreeMap::new();
    for (index, question) in questions.iter().enumerate() {
        let with_relevant = || question.exclude.union(&question.relevant).copied().collect();
        // An unanswerable question may name relevant messages; hiding them makes it unanswerable.
        let hidden = if question.answerable { question.exclude.clone() } else { with_relevant() };
        groups.entry(hidden).or_default().push(QuestionRun { index, withheld: false });
        if withhold && question.answerable {
            groups.entry(with_relevant()).or_default().push(QuestionRun { index, withheld: true });
        }
    }
    groups
}

/// The query that the bot would publish. The first excluded message, if there is one, gives the asker and the time.
fn query(set: &EvalSet, question: &EvalQuestion) -> Query {
    let asking = question.exclude.first().and_then(|at| set.messages.get(*at));
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
    set: &EvalSet,
    question: &EvalQuestion,
    retrieved: Retrieved,
    positions: &HashMap<&MessageId, MessageIndex>,
    k: usize,
) -> QuestionOutcome {
    // A message of another set would be a leak between guilds. The set has no position for it, so it is irrelevant.
    let ranking: Vec<MessageIndex> =
        retrieved.ranking.iter().take(k).filter_map(|id| positions.get(id).copied()).collect();
    let id = |position: &MessageIndex| set.ids.get(*position).cloned().unwrap_or_default();
    QuestionOutcome {
        query_id: question.id.clone(),
        answerable: question.answerable,
        withheld: false,
        abstained: !retrieved.suffices,
        confidence: retrieved.confidence,
        notice: retrieved.notice,
        scores: question.answerable.then(|| scores(&ranking, question, k)),
        bm25: None,
        found: ranking.iter().filter(|position| question.relevant.contains(position)).map(id).collect(),
        ranking: ranking.iter().map(id).collect(),
        milliseconds: retrieved.elapsed.as_secs_f64() * 1_000.0,
    }
}

fn scores(ranking: &[MessageIndex], question: &EvalQuestion, k: usize) -> Scores {
    Scores::of(ranking.iter().map(|at| question.relevant.contains(at)), question.relevant.len(), k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(exclude: &[MessageIndex], relevant: &[MessageIndex], answerable: bool) -> EvalQuestion {
        let set = |positions: &[MessageIndex]| positions.iter().copied().collect();
        let (id, text) = (String::new(), "?".to_owned());
        EvalQuestion { id, text, channel: None, exclude: set(exclude), relevant: set(relevant), answerable }
    }

    #[test]
    fn questions_with_the_same_hidden_messages_share_a_group() {
        let questions = [
            question(&[1], &[2], true),
            question(&[1], &[3], true),
            question(&[], &[2], true),
            question(&[], &[], false),
        ];
        let shape = |withhold| {
            let groups = group_by_hidden(&questions, withhold);
            let indexes = |runs: Vec<QuestionRun>| runs.into_iter().map(|run| (run.index, run.withheld)).collect();
            groups.into_iter().map(|(hidden, runs)| (Vec::from_iter(hidden), indexes(runs))).collect::<Vec<_>>()
        };
        let first: Vec<(_, Vec<_>)> =
            vec![(vec![], vec![(2, false), (3, false)]), (vec![1], vec![(0, false), (1, false)])];
        assert_eq!(shape(false), first);
        let second = [(vec![1, 2], vec![(0, true)]), (vec![1, 3], vec![(1, true)]), (vec![2], vec![(2, true)])];
        assert!(second.iter().all(|group| shape(true).contains(group)), "{:?}", shape(true));
    }

    #[test]
    fn the_relevant_messages_of_an_unanswerable_question_are_hidden() {
        let groups = group_by_hidden(&[question(&[1], &[2], false)], true);
        assert_eq!(groups.into_keys().collect::<Vec<_>>(), [BTreeSet::from([1, 2])]);
    }
}
