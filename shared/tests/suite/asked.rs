//! The questions of the last day: past and new questions count once, at once, and never against themselves.

use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    bus::{Bus, topics},
    event::{Envelope, GuildId, Query},
    question_log::{PastQuestion, QuestionLog},
};
use rtfm_testkit::bus::MemoryBus;
use std::{sync::Arc, time::Duration};

async fn bus() -> Arc<dyn Bus> {
    let bus = MemoryBus::default();
    bus.create_topics(&topics::catalogue()).await.unwrap();
    Arc::new(bus)
}

async fn ask(bus: &Arc<dyn Bus>, id: &str, guild: Option<&str>, at: Timestamp) {
    let query = Query {
        query_id: id.into(),
        user_id: "ana".into(),
        channel_id: "10".into(),
        guild_id: guild.map(GuildId::from),
        timestamp: at,
        question: "what?".to_owned(),
        ..Query::default()
    };
    bus.publish(Envelope::new(query, "test").encode().unwrap()).await.unwrap();
}

/// How many questions of guild 1 count against another one, which is not taken.
fn counted(asked: &QuestionLog, id: &str) -> usize {
    let question = PastQuestion { user_id: "ben".into(), at: Timestamp::now() };
    asked.take(&"1".into(), &id.into(), question, |others| Err(others.len())).unwrap_err()
}

async fn comes_to(asked: &QuestionLog, wanted: usize) {
    let met = async {
        while counted(asked, "none") != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), met).await.unwrap_or_else(|_| panic!("{}", counted(asked, "none")));
}

#[tokio::test]
async fn past_and_new_questions_count_once_for_a_day() {
    let bus = bus().await;
    let now = Timestamp::now();
    ask(&bus, "q1", Some("1"), now).await;
    ask(&bus, "q1", Some("1"), now).await;
    ask(&bus, "old", Some("1"), now - SignedDuration::from_hours(25)).await;
    ask(&bus, "elsewhere", Some("2"), now).await;
    ask(&bus, "private", None, now).await;
    let asked = QuestionLog::new(bus.clone());
    let follower = asked.clone();
    let following = tokio::spawn(async move { drop(follower.follow().await) });
    asked.ready().await;
    assert_eq!(counted(&asked, "none"), 1);
    assert_eq!(counted(&asked, "q1"), 0, "not against itself");
    // Its clock is ahead: it counts as asked now, and not for longer than others.
    ask(&bus, "q2", Some("1"), Timestamp::MAX).await;
    comes_to(&asked, 2).await;
    following.abort();
}

#[tokio::test]
async fn a_local_question_counts_before_it_arrives_on_the_bus_and_once_after() {
    let bus = bus().await;
    let asked = QuestionLog::new(bus.clone());
    let follower = asked.clone();
    let following = tokio::spawn(async move { drop(follower.follow().await) });
    asked.ready().await;
    let take = |id: &str, most: usize| {
        let question = PastQuestion { user_id: "ana".into(), at: Timestamp::now() };
        let decide = |others: &[PastQuestion]| if others.len() < most { Ok(()) } else { Err(others.len()) };
        asked.take(&"1".into(), &id.into(), question, decide)
    };
    assert_eq!((take("a", 2), take("b", 2), take("c", 2)), (Ok(()), Ok(()), Err(2)));
    assert_eq!(take("b", 2), Ok(()), "a second delivery of the same question");
    ask(&bus, "a", Some("1"), Timestamp::now()).await;
    ask(&bus, "d", Some("1"), Timestamp::now()).await;
    comes_to(&asked, 3).await;
    following.abort();
}
