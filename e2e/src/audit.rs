//! The checks after the faults: the store is compared with Discord, which holds the truth.

use crate::{backends::PATIENCE, crowd::Crowd, deployment::Deployment, world::is_finished};
use rtfm_memory::store::Filter;
use rtfm_processor::{ANSWER_GROUP, INDEX_GROUP};
use rtfm_shared::bus::{ConsumerEvent, Record, StartAt, Subscription, topics};
use rtfm_testkit::discord::Message;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The bot's own texts in place of an answer.
const APOLOGIES: [&str; 2] = ["Your question was not answered in time", "I could not process your question"];

/// How many messages are read from the store at once.
const PAGE: usize = 1000;

impl Deployment {
    /// Waits until everything is handled. Then the store must hold each message on Discord once with its current
    /// text and nothing else, every question must have exactly one answer, and every dead-letter topic must be empty.
    pub async fn audit(&self, crowd: &Crowd, patience: Duration) {
        self.until("every question is answered", patience, async || self.unanswered(crowd).is_empty()).await;
        self.until("everything is handled and committed", patience, async || self.lag().await == 0).await;
        // The bot may not have published all of it yet: then there was nothing to lag behind.
        let (standing, until) = (standing(crowd), Instant::now() + patience);
        let mut wrong = differences(&standing, &self.stored().await);
        while !wrong.is_empty() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(500)).await;
            wrong = differences(&standing, &self.stored().await);
        }
        assert!(
            wrong.is_empty(),
            "{} of {} messages: {:#?}",
            wrong.len(),
            standing.len(),
            &wrong[..wrong.len().min(9)]
        );
        self.until("all of it is committed", patience, async || self.lag().await == 0).await;
        for (place, question) in &crowd.questions {
            let mut replies = crowd.channels[*place].messages();
            replies.retain(|message| message.reply_to == Some(*question));
            assert_eq!(replies.len(), 1, "{question}: {replies:#?}");
        }
        assert_eq!(self.dead_letters().await, Vec::<(String, i64)>::new());
        println!(
            "audited: {} messages written, {} edits, {} deletions: {} stand and are stored as they read now; {} \
             questions, each with one answer; nothing dead-lettered",
            crowd.written,
            crowd.edited,
            crowd.deleted,
            standing.len(),
            crowd.questions.len()
        );
    }

    /// The questions that have no answer yet.
    pub fn unanswered(&self, crowd: &Crowd) -> Vec<serenity::all::MessageId> {
        let by_channel: Vec<Vec<Message>> = crowd.channels.iter().map(|channel| channel.messages()).collect();
        let answered: std::collections::HashSet<_> = by_channel
            .iter()
            .flatten()
            .filter(|message| is_finished(&message.content))
            .filter(|message| !APOLOGIES.iter().any(|apology| message.content.starts_with(apology)))
            .filter_map(|message| message.reply_to)
            .collect();
        crowd.questions.iter().map(|(_, question)| *question).filter(|question| !answered.contains(question)).collect()
    }

    /// How many records the processors' groups have not committed.
    pub async fn lag(&self) -> i64 {
        let mut all = 0;
        for (group, topic) in [(INDEX_GROUP, topics::MESSAGES), (ANSWER_GROUP, topics::QUERIES)] {
            match self.bus.lag(group, topic).await {
                Ok(lags) => all += lags.iter().map(rtfm_shared::bus::Lag::records).sum::<i64>(),
                Err(_) => return i64::MAX,
            }
        }
        all
    }

    /// The dead-letter topics with records, and how many.
    pub async fn dead_letters(&self) -> Vec<(String, i64)> {
        let names: Vec<String> = topics::catalogue()
            .into_iter()
            .map(|spec| spec.name)
            .filter(|name| topics::is_dead_letter_topic(name))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let states = self.bus.describe_topics(&names).await.unwrap();
        let held = states.into_iter().flatten().map(|state| {
            let records = state.watermarks.iter().map(|(_, end)| end).sum::<i64>();
            (state.name, records)
        });
        held.filter(|(_, records)| *records > 0).collect()
    }

    /// Every record of a topic up to its present end.
    pub async fn records(&self, topic: &str) -> Vec<Record> {
        let state = self.bus.describe_topics(&[topic]).await.unwrap().remove(0).expect("the topic exists");
        let count: i64 = state.watermarks.iter().map(|(begin, end)| end - begin).sum();
        let lone = Subscription { topics: vec![topic.to_owned()], group: None, start: StartAt::Earliest };
        let mut reader = self.bus.subscribe(lone).await.unwrap();
        let mut records = Vec::new();
        while (records.len() as i64) < count {
            let event = tokio::time::timeout(PATIENCE, reader.next()).await.expect("a record in time").unwrap();
            if let ConsumerEvent::Record(record) = event {
                records.push(record);
            }
        }
        records
    }

    /// Every stored message and its text.
    pub async fn stored(&self) -> BTreeMap<u64, String> {
        let (store, everything) = (self.store().await, Filter::everything(None));
        let (mut stored, mut after) = (BTreeMap::new(), None);
        loop {
            let page = store.scroll(&everything, after.as_ref(), PAGE).await.unwrap();
            let Some(last) = page.last() else { return stored };
            after = Some(last.message_id.clone());
            for message in page {
                let id = message.message_id.snowflake().unwrap();
                let twice = stored.insert(id, message.content);
                assert!(twice.is_none(), "{id} is stored twice");
            }
        }
    }
}

/// The messages on Discord without the questions, which are never indexed.
fn standing(crowd: &Crowd) -> BTreeMap<u64, String> {
    let all = crowd.channels.iter().flat_map(|channel| channel.messages());
    let theirs = all.filter(|message| message.reply_to.is_none() && !message.content.starts_with("RTFM "));
    theirs.map(|message| (message.id.get(), message.content)).collect()
}

/// The differences between the store and Discord.
fn differences(standing: &BTreeMap<u64, String>, stored: &BTreeMap<u64, String>) -> Vec<String> {
    let wrong = standing.iter().filter(|(id, text)| stored.get(id) != Some(text));
    let wrong = wrong.map(|(id, text)| format!("{id}: {text:?} is stored as {:?}", stored.get(id)));
    let foreign = stored.iter().filter(|(id, _)| !standing.contains_key(id));
    wrong.chain(foreign.map(|(id, text)| format!("{id}: {text:?} is stored, but not on Discord (any more)"))).collect()
}
