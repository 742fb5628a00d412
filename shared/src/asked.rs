//! What was asked during the last day, as every service may know it: counted from `bot-queries` itself, so that all
//! instances count the same, also after a restart.

use crate::{
    bus::{Bus, BusError, Record, Tail, topics},
    event::{Envelope, GuildId, Query, QueryId, UserId},
};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::watch;

const TOPICS: [&str; 1] = [topics::QUERIES];
/// What is older is not counted any more: the topic does not hold it for longer either.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The questions of the last day. Clones are the same ones.
#[derive(Clone, Debug)]
pub struct Asked {
    state: Arc<QuestionLogState>,
}

#[derive(Debug)]
struct QuestionLogState {
    bus: Arc<dyn Bus>,
    guilds: Mutex<HashMap<GuildId, HashMap<QueryId, Question>>>,
    ready: watch::Sender<bool>,
}

/// Who asked when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
}

impl Asked {
    /// Nothing is known yet; [`Asked::follow`] fills it.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { state: Arc::new(QuestionLogState { bus, guilds: Mutex::default(), ready: watch::Sender::default() }) }
    }

    /// Follows the topic for ever; returns only when somebody must mend the bus.
    pub async fn follow(&self) -> BusError {
        let receive = &mut |record: &Record| self.receive(record);
        let tail = match Tail::from_beginning(&self.state.bus, &TOPICS, receive).await {
            Ok(tail) => tail,
            Err(error) => return error,
        };
        self.state.ready.send_replace(true);
        tail.listen(|record| self.receive(record)).await
    }

    /// Waits until everything is known that stood on the topic when following began.
    pub async fn ready(&self) {
        // The sender lives as long as this value.
        let _ = self.state.ready.subscribe().wait_for(|ready| *ready).await;
    }

    /// Takes a question that is about to be asked, unless `decide` has something against it. It sees what else was
    /// asked in the guild during the last day, in no order. Nothing comes between the decision and the taking, in this
    /// process; the question itself, come by another way or a second time, does not count against itself.
    pub fn take<E>(
        &self,
        guild: &GuildId,
        id: &QueryId,
        question: Question,
        decide: impl FnOnce(&[Question]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut guilds = self.state.guilds.lock();
        let asked = guilds.entry(guild.clone()).or_default();
        let oldest = question.at - DAY;
        asked.retain(|_, question| question.at > oldest);
        let others: Vec<Question> =
            asked.iter().filter(|(other, _)| *other != id).map(|(_, other)| other.clone()).collect();
        decide(&others)?;
        asked.entry(id.clone()).or_insert(question);
        Ok(())
    }

    fn receive(&self, record: &Record) {
        // What cannot be read is no question; the processors put it aside and say so.
        let Ok(Query { query_id, guild_id: Some(guild), user_id, timestamp: at, .. }) =
            Envelope::<Query>::decode(record).map(|envelope| envelope.event)
        else {
            return;
        };
        let now = Timestamp::now();
        let (at, oldest) = (at.min(now), now - DAY);
        let mut guilds = self.state.guilds.lock();
        let asked = guilds.entry(guild).or_default();
        asked.retain(|_, question| question.at > oldest);
        if at > oldest {
            asked.entry(query_id).or_insert(Question { user_id, at });
        }
    }
}
