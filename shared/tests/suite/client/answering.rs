//! The moments at which an answer could be missed, and what is filled in; on the bus in memory.

use crate::client::world::*;
use async_trait::async_trait;
use jiff::Timestamp;
use rtfm_shared::{
    bus::{
        Bus, BusError, Consumer, GroupMember, Lag, OutRecord, Position, Record, Subscription, TopicPartition,
        TopicSpec, TopicState, topics,
    },
    client::{Client, ClientError},
    event::{Envelope, Query},
};
use rtfm_testkit::bus::MemoryBus;
use std::{sync::Arc, time::Duration};

/// A bus on which every question is answered before its publication returns.
#[derive(Debug)]
struct Hasty(MemoryBus);

#[async_trait]
impl Bus for Hasty {
    async fn publish(&self, record: OutRecord) -> Result<Position, BusError> {
        let position = self.0.publish(record).await?;
        let at = TopicPartition::new(topics::QUERIES, position.partition);
        let asked = self.0.read(&at, position.offset, 1).await?;
        let query = Envelope::<Query>::decode(&asked[0]).unwrap().event;
        say(&self.0, &query, "at once").await;
        // Whoever hears answers has heard this one by now.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(position)
    }
    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Consumer>, BusError> {
        self.0.subscribe(subscription).await
    }
    async fn create_topics(&self, specs: &[TopicSpec]) -> Result<Vec<String>, BusError> {
        self.0.create_topics(specs).await
    }
    async fn repair_topics(&self, specs: &[TopicSpec]) -> Result<(), BusError> {
        self.0.repair_topics(specs).await
    }
    async fn describe_topics(&self, names: &[&str]) -> Result<Vec<Option<TopicState>>, BusError> {
        self.0.describe_topics(names).await
    }
    async fn watermarks(&self, names: &[&str]) -> Result<Vec<Option<Vec<(i64, i64)>>>, BusError> {
        self.0.watermarks(names).await
    }
    async fn list_topics(&self) -> Result<Vec<String>, BusError> {
        self.0.list_topics().await
    }
    async fn delete_topics(&self, names: &[&str]) -> Result<(), BusError> {
        self.0.delete_topics(names).await
    }
    async fn lag(&self, group: &str, topic: &str) -> Result<Vec<Lag>, BusError> {
        self.0.lag(group, topic).await
    }
    async fn members(&self, group: &str, topic: &str) -> Result<usize, BusError> {
        self.0.members(group, topic).await
    }
    async fn list_groups(&self) -> Result<Vec<String>, BusError> {
        self.0.list_groups().await
    }
    async fn describe_group(&self, group: &str) -> Result<Vec<GroupMember>, BusError> {
        self.0.describe_group(group).await
    }
    async fn read(&self, at: &TopicPartition, from: i64, most: usize) -> Result<Vec<Record>, BusError> {
        self.0.read(at, from, most).await
    }
    async fn delete_records(&self, at: &TopicPartition, before: i64) -> Result<(), BusError> {
        self.0.delete_records(at, before).await
    }
    async fn health(&self) -> Result<(), BusError> {
        self.0.health().await
    }
    async fn housekeeping(&self, now: Timestamp) -> Result<(), BusError> {
        self.0.housekeeping(now).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_faster_than_its_publication_is_received() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(Hasty(memory)), "test");
    for _ in 0..2 {
        let response = client.ask(fixture.query("?"), PATIENCE).await.unwrap();
        assert_eq!(response.response_text, "at once");
    }
}

#[tokio::test(start_paused = true)]
async fn missing_question_fields_are_filled_in_and_the_rest_is_kept() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "some/program");
    let before = Timestamp::now();
    client.ask(fixture.query("open"), Duration::from_secs(30)).await.unwrap_err();
    let own = Query {
        query_id: "mine".into(),
        timestamp: "2026-01-01T00:00:00Z".parse().unwrap(),
        expires_at: Some("2026-01-01T00:01:00Z".parse().unwrap()),
        ..fixture.query("closed")
    };
    client.ask(own.clone(), Duration::from_secs(30)).await.unwrap_err();
    let asked = memory.records(topics::QUERIES);
    let asked: Vec<_> = asked.iter().map(|record| Envelope::<Query>::decode(record).unwrap()).collect();
    assert_eq!(asked[0].meta.source, "some/program");
    let open = &asked[0].event;
    assert!(!open.query_id.as_str().is_empty() && open.timestamp >= before);
    let left = open.expires_at.unwrap().duration_since(open.timestamp);
    assert_eq!(left.as_secs(), 30);
    assert_eq!(asked[1].event, own);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_leaves_no_state() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    let query = Query { query_id: "same".into(), ..fixture.query("?") };
    for _ in 0..3 {
        // Dropped while it waits; were its place still taken, the next would be refused as a duplicate.
        let asked = tokio::time::timeout(Duration::from_secs(1), client.ask(query.clone(), PATIENCE)).await;
        assert!(asked.is_err(), "{asked:?}");
    }
    let first = client.ask(query.clone(), PATIENCE);
    let second = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let refused = client.ask(query.clone(), PATIENCE).await;
        assert!(matches!(&refused, Err(ClientError::Duplicate(id)) if id.as_str() == "same"), "{refused:?}");
        say(&memory, &query, "to the first").await;
    };
    let (first, ()) = tokio::join!(first, second);
    assert_eq!(first.unwrap().response_text, "to the first");
}

#[tokio::test(start_paused = true)]
async fn the_subscription_ends_with_the_last_client() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    client.ask(fixture.query("?"), Duration::from_secs(1)).await.unwrap_err();
    assert!(memory.is_live("alone-0"), "one subscription");
    assert!(!memory.is_live("alone-1"));
    drop(client.clone());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(memory.is_live("alone-0"));
    drop(client);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!memory.is_live("alone-0"));
}
