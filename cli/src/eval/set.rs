//! Sets as the memory takes them: each its own guild, its channels its own, every message under a snowflake.
//!
//! Ids that can be snowflakes stay as they are. A set whose ids cannot (other texts, another set's ids, numbers that do
//! not rise with time) is numbered anew in the order of time; results are always told in the file's own ids.

use super::{file::Shelf, wire};
use crate::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::event::{ChannelId, ChatMessage, GuildId, MessageId};
use std::collections::{BTreeSet, HashMap, HashSet, hash_map::Entry};

/// What new snowflakes lie apart by: as much as those of a chat of a few messages a second.
const STEP: u64 = 1 << 12;

/// A message by its place in its set.
pub(crate) type Place = usize;

/// A set.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) guild: GuildId,
    /// In the order of their snowflakes.
    pub(crate) messages: Vec<ChatMessage>,
    /// What each message is called in the file.
    pub(crate) ids: Vec<String>,
    pub(crate) questions: Vec<Question>,
}

/// A question with what is known about its answer.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) channel: Option<ChannelId>,
    /// Absent from the memory when it is asked.
    pub(crate) exclude: BTreeSet<Place>,
    /// What should be found.
    pub(crate) relevant: BTreeSet<Place>,
    /// Whether the set answers it.
    pub(crate) answerable: bool,
}

/// All sets of all files.
#[derive(Debug, Default)]
pub(crate) struct Library {
    pub(crate) sets: Vec<Set>,
    /// What is odd in the files and does not hinder.
    pub(crate) warnings: Vec<String>,
    taken: HashSet<u64>,
    channels: HashSet<String>,
}

impl Library {
    /// Takes in the sets of a file.
    pub(crate) fn add(&mut self, shelf: Shelf) -> Result<(), Fault> {
        let many = shelf.sets.len() > 1;
        for (index, set) in shelf.sets.into_iter().enumerate() {
            let place = if many { format!("{}, set {}", shelf.file, index + 1) } else { shelf.file.clone() };
            self.add_set(&shelf.file, &place, set)?;
        }
        Ok(())
    }

    fn add_set(&mut self, file: &str, place: &str, set: wire::Set) -> Result<(), Fault> {
        let guild = GuildId::from((self.sets.len() + 1).to_string());
        let name = set.name.unwrap_or_else(|| place.to_owned());
        let messages = distinct(place, set.messages)?;
        let times = times(&messages);
        let numbers = match self.kept(&messages, &times) {
            Some(numbers) => numbers,
            None => self.numbered(&times),
        };
        let snowflakes: HashMap<&wire::Id, u64> =
            messages.iter().map(|message| &message.message_id).zip(numbers.iter().copied()).collect();
        let own: HashSet<&str> = messages.iter().map(channel_of).collect();
        let shared: HashSet<&str> = own.iter().filter(|id| self.channels.contains(**id)).copied().collect();
        // Where another set has a channel of that name, this one is another.
        let channel =
            |id: &str| -> ChannelId { if shared.contains(id) { format!("{guild}/{id}").into() } else { id.into() } };
        let mut rows: Vec<(u64, ChatMessage, String)> = Vec::with_capacity(messages.len());
        for ((message, time), number) in messages.iter().zip(&times).zip(&numbers) {
            let reply_to = message.reply_to.as_ref().and_then(|id| snowflakes.get(id)).map(|id| (*id).into());
            let said = said(message, *time, *number, &guild, reply_to, &channel);
            rows.push((*number, said, message.message_id.0.clone()));
        }
        rows.sort_by_key(|(number, ..)| *number);
        let places: HashMap<&str, Place> = rows.iter().enumerate().map(|(at, (.., id))| (id.as_str(), at)).collect();
        let mut questions = Vec::new();
        let asked = set.queries.into_iter().map(|query| (query, true));
        for (at, (query, may)) in asked.chain(set.unanswerable.into_iter().map(|query| (query, false))).enumerate() {
            questions.push(self.question(place, at, query, may, &places, &channel)?);
        }
        let channels: Vec<String> = own.iter().map(|id| (*id).to_owned()).collect();
        self.channels.extend(channels);
        self.taken.extend(numbers);
        let (messages, ids) = rows.into_iter().map(|(_, message, id)| (message, id)).unzip();
        self.sets.push(Set { name, file: file.to_owned(), guild, messages, ids, questions });
        Ok(())
    }

    /// The ids as numbers, where they can be snowflakes in this memory.
    fn kept(&self, messages: &[wire::Message], times: &[Timestamp]) -> Option<Vec<u64>> {
        let mut numbers = Vec::with_capacity(messages.len());
        for wire::Message { message_id: wire::Id(id), .. } in messages {
            let number: u64 = id.parse().ok()?;
            let fits = number < 1 << 63 && number.to_string() == *id && !self.taken.contains(&number);
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

    /// New numbers in the order of time, and of the file where times are equal.
    fn numbered(&self, times: &[Timestamp]) -> Vec<u64> {
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by_key(|at| times.get(*at));
        let free = (1..).map(|n| n * STEP).filter(|number| !self.taken.contains(number));
        let mut numbered: Vec<(usize, u64)> = order.into_iter().zip(free).collect();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, number)| number).collect()
    }

    fn question(
        &mut self,
        place: &str,
        at: usize,
        query: wire::Query,
        may: bool,
        places: &HashMap<&str, Place>,
        channel: &impl Fn(&str) -> ChannelId,
    ) -> Result<Question, Fault> {
        let id = query.query_id.map_or_else(|| format!("query {}", at + 1), |id| id.0);
        if query.question.trim().is_empty() {
            return Err(Fault::Usage(format!("{place}: query {id:?} asks nothing: fill in its `question`")));
        }
        let known = |ids: &[wire::Id]| -> BTreeSet<Place> {
            ids.iter().filter_map(|id| places.get(id.0.as_str()).copied()).collect()
        };
        let exclude = known(&query.exclude);
        let relevant: BTreeSet<Place> = known(&query.relevant).difference(&exclude).copied().collect();
        let unknown = query.relevant.iter().filter(|id| !places.contains_key(id.0.as_str())).count();
        if unknown > 0 {
            self.warnings.push(format!(
                "{place}: query {id:?} names {unknown} relevant messages that the set does not have; they are left out"
            ));
        }
        // Nothing to find is not answerable, whether that is said or not.
        let answerable = may && query.answerable.unwrap_or(!relevant.is_empty());
        if answerable && relevant.is_empty() {
            return Err(Fault::Usage(format!(
                "{place}: query {id:?} has no `relevant` message in the set: name some, or say `answerable: false`"
            )));
        }
        let channel = query.channel_id.map(|id| channel(&id.0));
        Ok(Question { id, text: query.question, channel, exclude, relevant, answerable })
    }
}

/// The messages, each once.
fn distinct(place: &str, messages: Vec<wire::Message>) -> Result<Vec<wire::Message>, Fault> {
    let mut seen: HashMap<wire::Id, String> = HashMap::with_capacity(messages.len());
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
                return Err(Fault::Usage(format!(
                    "{place}: two different messages have the message_id {id:?}; give each its own"
                )));
            }
        }
    }
    Ok(kept)
}

/// When each was written; one without a time a second after the one before it in the file.
fn times(messages: &[wire::Message]) -> Vec<Timestamp> {
    let mut last = Timestamp::UNIX_EPOCH;
    let next = |message: &wire::Message| {
        let following = last.checked_add(SignedDuration::from_secs(1)).unwrap_or(last);
        last = message.timestamp.map_or(following, |time| time.0);
        last
    };
    messages.iter().map(next).collect()
}

fn channel_of(message: &wire::Message) -> &str {
    message.channel_id.as_ref().or(message.thread_id.as_ref()).map_or("channel", |id| id.0.as_str())
}

fn said(
    message: &wire::Message,
    timestamp: Timestamp,
    number: u64,
    guild: &GuildId,
    reply_to: Option<MessageId>,
    channel: &impl Fn(&str) -> ChannelId,
) -> ChatMessage {
    let user = message.user_id.as_ref().map(|id| id.0.clone());
    let username = message.username.clone().or_else(|| user.clone()).unwrap_or_default();
    let mut said = ChatMessage {
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
    said.metadata.channel_name = message.channel_name.clone().or_else(|| message.metadata.channel_name.clone());
    said
}

#[cfg(test)]
#[path = "set_tests.rs"]
mod tests;
