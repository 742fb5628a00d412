//! The evaluation corpus: each set becomes a guild with its own channels, and every message gets a snowflake.
//!
//! Ids that can be snowflakes stay. If one id of a set cannot (it is no number, another set uses it, or it does not
//! rise with time), the whole set gets new ids in the order of time. Reports always use the file's ids.

use crate::{
    error::EvalError,
    file::EvalFile,
    format::{MessageRecord, QuestionRecord, RecordId, SetRecord},
};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId};
use std::collections::{BTreeSet, HashMap, HashSet, hash_map::Entry};

/// Distance between new snowflakes: that of a chat with a few messages a second.
const SNOWFLAKE_STEP: u64 = 1 << 12;

/// The position of a message in its set.
pub type MessageIndex = usize;

/// An evaluation set: messages, and questions about them.
#[derive(Debug)]
pub struct EvalSet {
    /// The set's name; the file's path if the set has none.
    pub name: String,
    /// The path of the set's file.
    pub file: String,
    /// The set as a guild of its own.
    pub guild: GuildId,
    /// The messages in the order of their snowflakes.
    pub messages: Vec<ChatMessage>,
    /// The messages' ids in the file.
    pub ids: Vec<String>,
    /// The questions in the order of the file.
    pub questions: Vec<EvalQuestion>,
}

/// A question with its judgements.
#[derive(Debug)]
pub struct EvalQuestion {
    /// The question's id in the file, or its number.
    pub id: String,
    /// The question's text, as a user asks it.
    pub text: String,
    /// The channel of the asker.
    pub channel: Option<ChannelId>,
    /// Messages to hide while the question runs.
    pub exclude: BTreeSet<MessageIndex>,
    /// Messages that retrieval should find.
    pub relevant: BTreeSet<MessageIndex>,
    /// Whether the set answers the question.
    pub answerable: bool,
}

/// All sets of all files.
#[derive(Debug, Default)]
pub struct Corpus {
    /// The sets in the order of the files.
    pub sets: Vec<EvalSet>,
    /// Oddities in the files that do not prevent an evaluation.
    pub warnings: Vec<String>,
    used: HashSet<u64>,
    channels: HashSet<String>,
}

impl Corpus {
    /// Adds the sets of a file.
    pub fn add(&mut self, file: EvalFile) -> Result<(), EvalError> {
        let many = file.sets.len() > 1;
        for (index, set) in file.sets.into_iter().enumerate() {
            let label = if many { format!("{}, set {}", file.path, index + 1) } else { file.path.clone() };
            self.add_set(&file.path, &label, set)?;
        }
        Ok(())
    }

    fn add_set(&mut self, file: &str, label: &str, set: SetRecord) -> Result<(), EvalError> {
        let guild = GuildId::from((self.sets.len() + 1).to_string());
        let name = set.name.unwrap_or_else(|| label.to_owned());
        let messages = distinct(label, set.messages)?;
        let times = times(&messages);
        let numbers = match self.own_snowflakes(&messages, &times) {
            Some(numbers) => numbers,
            None => self.new_snowflakes(&times),
        };
        let snowflakes: HashMap<&RecordId, u64> =
            messages.iter().map(|message| &message.message_id).zip(numbers.iter().copied()).collect();
        let own: HashSet<&str> = messages.iter().map(channel_of).collect();
        let shared: HashSet<&str> = own.iter().filter(|id| self.channels.contains(**id)).copied().collect();
        // A channel id of another set becomes a new channel here.
        let channel =
            |id: &str| -> ChannelId { if shared.contains(id) { format!("{guild}/{id}").into() } else { id.into() } };
        let mut rows: Vec<(u64, ChatMessage, String)> = Vec::with_capacity(messages.len());
        for ((message, time), number) in messages.iter().zip(&times).zip(&numbers) {
            let reply_to = message.reply_to.as_ref().and_then(|id| snowflakes.get(id)).map(|id| (*id).into());
            let converted = convert(message, *time, *number, &guild, reply_to, &channel);
            rows.push((*number, converted, message.message_id.0.clone()));
        }
        rows.sort_by_key(|(number, ..)| *number);
        let positions: HashMap<&str, MessageIndex> =
            rows.iter().enumerate().map(|(at, (.., id))| (id.as_str(), at)).collect();
        let mut questions = Vec::new();
        let queries = set.queries.into_iter().map(|query| (query, true));
        let unanswerable = set.unanswerable.into_iter().map(|query| (query, false));
        for (number, (query, may_be_answerable)) in (1..).zip(queries.chain(unanswerable)) {
            let id = query.query_id.as_ref().map_or_else(|| format!("query {number}"), |id| id.0.clone());
            questions.push(self.question(label, id, query, may_be_answerable, &positions, &channel)?);
        }
        let channels: Vec<String> = own.iter().map(|id| (*id).to_owned()).collect();
        self.channels.extend(channels);
        self.used.extend(numbers);
        let (messages, ids) = rows.into_iter().map(|(_, message, id)| (message, id)).unzip();
        self.sets.push(EvalSet { name, file: file.to_owned(), guild, messages, ids, questions });
        Ok(())
    }

    /// The file's ids as numbers, if all of them can be snowflakes in this corpus.
    fn own_snowflakes(&self, messages: &[MessageRecord], times: &[Timestamp]) -> Option<Vec<u64>> {
        let mut numbers = Vec::with_capacity(messages.len());
        for MessageRecord { message_id: RecordId(id), .. } in messages {
            let number: u64 = id.parse().ok()?;
            let fits = number < 1 << 63 && number.to_string() == *id && !self.used.contains(&number);
            numbers.push(fits.then_some(number)?);
        }
        let mut order: Vec<(&str, u64, Timestamp)> = messages
            .iter()
            .zip(numbers.iter().zip(times))
            .map(|(message, (number, time))| (channel_of(message), *number, *time))
            .collect();
        order.sort_unstable();
        let rises = order.iter().zip(order.iter().skip(1)).all(|(a, b)| a.0 != b.0 || a.2 <= b.2);
        rises.then_some(numbers)
    }

    /// New numbers in the order of time; messages of the same time keep the order of the file.
    fn new_snowflakes(&self, times: &[Timestamp]) -> Vec<u64> {
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by_key(|at| times.get(*at));
        let free = (1..).map(|n| n * SNOWFLAKE_STEP).filter(|number| !self.used.contains(number));
        let mut numbered: Vec<(usize, u64)> = order.into_iter().zip(free).collect();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, number)| number).collect()
    }

    fn question(
        &mut self,
        label: &str,
        id: String,
        query: QuestionRecord,
        may_be_answerable: bool,
        positions: &HashMap<&str, MessageIndex>,
        channel: &impl Fn(&str) -> ChannelId,
    ) -> Result<EvalQuestion, EvalError> {
        if query.question.trim().is_empty() {
            return Err(EvalError::Usage(format!("{label}: query {id:?} has an empty `question`; fill it in")));
        }
        let known = |ids: &[RecordId]| -> BTreeSet<MessageIndex> {
            ids.iter().filter_map(|id| positions.get(id.0.as_str()).copied()).collect()
        };
        let exclude = known(&query.exclude);
        let relevant: BTreeSet<MessageIndex> = known(&query.relevant).difference(&exclude).copied().collect();
        let unknown = query.relevant.iter().filter(|id| !positions.contains_key(id.0.as_str())).count();
        if unknown > 0 {
            self.warnings.push(format!(
                "{label}: query {id:?} names {unknown} relevant messages that are not in the set; they are ignored"
            ));
        }
        // A question without relevant messages is unanswerable, unless the file claims otherwise; that is an error.
        let answerable = may_be_answerable && query.answerable.unwrap_or(!relevant.is_empty());
        if answerable && relevant.is_empty() {
            return Err(EvalError::Usage(format!(
                "{label}: query {id:?} has no `relevant` message in the set; name some, or set `answerable: false`"
            )));
        }
        let channel = query.channel_id.map(|id| channel(&id.0));
        Ok(EvalQuestion { id, text: query.question, channel, exclude, relevant, answerable })
    }
}

/// The messages without repetitions.
fn distinct(label: &str, messages: Vec<MessageRecord>) -> Result<Vec<MessageRecord>, EvalError> {
    let mut seen: HashMap<RecordId, String> = HashMap::with_capacity(messages.len());
    let mut kept = Vec::with_capacity(messages.len());
    for message in messages {
        match seen.entry(message.message_id.clone()) {
            Entry::Vacant(free) => {
                free.insert(message.content.clone());
                kept.push(message);
            }
            Entry::Occupied(known) if *known.get() == message.content => {}
            Entry::Occupied(known) => {
                let id = &known.key().0;
                return Err(EvalError::Usage(format!(
                    "{label}: two different messages have the message_id {id:?}; give each its own"
                )));
            }
        }
    }
    Ok(kept)
}

/// The messages' times; a message without one follows its predecessor in the file by a second.
fn times(messages: &[MessageRecord]) -> Vec<Timestamp> {
    let mut last = Timestamp::UNIX_EPOCH;
    let next = |message: &MessageRecord| {
        let following = last.checked_add(SignedDuration::from_secs(1)).unwrap_or(last);
        last = message.timestamp.map_or(following, |time| time.0);
        last
    };
    messages.iter().map(next).collect()
}

fn channel_of(message: &MessageRecord) -> &str {
    message.channel_id.as_ref().or(message.thread_id.as_ref()).map_or("channel", |id| id.0.as_str())
}

fn convert(
    message: &MessageRecord,
    timestamp: Timestamp,
    number: u64,
    guild: &GuildId,
    reply_to: Option<MessageId>,
    channel: &impl Fn(&str) -> ChannelId,
) -> ChatMessage {
    let user = message.user_id.as_ref().map(|id| id.0.clone());
    let username = message.username.clone().or_else(|| user.clone()).unwrap_or_default();
    let mut converted = ChatMessage {
        message_id: number.into(),
        content: message.content.clone(),
        user_id: user.unwrap_or_else(|| username.clone()).into(),
        username,
        channel_id: channel(channel_of(message)),
        timestamp,
        guild_id: Some(guild.clone()),
        reply_to,
        thread_id: message.thread_id.as_ref().map(|id| channel(&id.0)),
        attachments: message.attachments.clone(),
        ..ChatMessage::default()
    };
    converted.metadata.channel_name = message.channel_name.clone().or_else(|| message.metadata.channel_name.clone());
    converted
}

#[cfg(test)]
mod tests;
