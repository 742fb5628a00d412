//! The questions of the last day, counted from `bot-queries` itself, so that all instances count alike and a restart
//! loses nothing.

use crate::{
    bus::{Bus, BusError, Record, Tail, topics},
    event::{Envelope, GuildId, Query, QueryId, UserId},
};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::watch;

const TOPICS: [&str; 1] = [topics::QUERIES];
/// Older questions no longer count; the topic does not keep them longer either.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The questions of the last day, by guild. Clones share one log.
#[derive(Clone, Debug)]
pub struct QuestionLog {
    state: Arc<QuestionLogState>,
}

#[derive(Debug)]
struct QuestionLogState {
    bus: Arc<dyn Bus>,
    guilds: Mutex<HashMap<GuildId, HashMap<QueryId, PastQuestion>>>,
    ready: watch::Sender<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastQuestion {
    pub user_id: UserId,
    pub at: Timestamp,
}

impl QuestionLog {
    /// An empty log; [`QuestionLog::follow`] fills it.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { state: Arc::new(QuestionLogState { bus, guilds: Mutex::default(), ready: watch::Sender::default() }) }
    }

    /// Follows the topic; returns only an error that needs a person.
    pub async fn follow(&self) -> BusError {
        let receive = &mut |record: &Record| self.receive(record);
        let tail = match Tail::from_beginning(&self.state.bus, &TOPICS, receive).await {
            Ok(tail) => tail,
            Err(error) => return error,
        };
        self.state.ready.send_replace(true);
        tail.listen(|record| self.receive(record)).await
    }

    /// Waits until every record that was on the topic when following began has been read.
    pub async fn ready(&self) {
        // The sender lives as long as this value.
        let _ = self.state.ready.subscribe().wait_for(|ready| *ready).await;
    }

    /// Admits a question unless `decide` refuses it. `decide` sees the guild's other questions of the last day,
    /// unordered. In this process the decision and the admission are one step; the same question read from the topic or
    /// admitted twice counts once.
    pub fn take<E>(
        &self,
        guild: &GuildId,
        id: &QueryId,
        question: PastQuestion,
        decide: impl FnOnce(&[PastQuestion]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut guilds = self.state.guilds.lock();
        let asked = guilds.entry(guild.clone()).or_default();
        let oldest = question.at - DAY;
        asked.retain(|_, question| question.at > oldest);
        let others: Vec<PastQuestion> =
            asked.iter().filter(|(other, _)| *other != id).map(|(_, other)| other.clone()).collect();
        decide(&others)?;
        asked.entry(id.clone()).or_insert(question);
        Ok(())
    }

    fn receive(&self, record: &Record) {
        // An unreadable record is not a question; the processors dead-letter it.
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
            asked.entry(query_id).or_insert(PastQuestion { user_id, at });
        }
    }
}
