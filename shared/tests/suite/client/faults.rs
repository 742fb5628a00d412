//! Faults of the bus while questions are under way; on the bus in memory.

use crate::client::world::*;
use rtfm_shared::{
    bus::{Bus, BusError, topics},
    client::{Client, ClientError},
    event::{Envelope, Query},
    resilience::{Class, Classify},
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

async fn asked(memory: &rtfm_testkit::bus::MemoryBus, count: usize) -> Query {
    while memory.records(topics::QUERIES).len() < count {
        sleep(Duration::from_millis(1)).await;
    }
    Envelope::<Query>::decode(memory.records(topics::QUERIES).last().unwrap()).unwrap().event
}

#[tokio::test(start_paused = true)]
async fn an_answer_between_two_subscriptions_is_received() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    for (n, fault) in
        [BusError::Closed("put out".to_owned()), BusError::Unavailable("away".to_owned())].into_iter().enumerate()
    {
        let answering = async {
            let query = asked(&memory, n + 1).await;
            memory.fail_hearing([fault]);
            // The consumer is gone by now, and the next one not there yet.
            sleep(Duration::from_millis(1)).await;
            say(&memory, &query, "meanwhile").await;
        };
        let (answer, ()) = tokio::join!(client.ask(fixture.query("?"), PATIENCE), answering);
        assert_eq!(answer.unwrap().response_text, "meanwhile");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fatal_bus_error_ends_waiting_and_the_next_question_retries() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    let breaking = async {
        asked(&memory, 1).await;
        memory.fail_hearing([BusError::Fatal("no permission".to_owned())]);
    };
    let (answer, ()) = tokio::join!(client.ask(fixture.query("?"), PATIENCE), breaking);
    match answer {
        Err(error @ ClientError::Stopped(_)) => {
            assert!(error.to_string().contains("no permission"), "{error}");
            assert_eq!(error.class(), Class::DependencyDown);
        }
        other => panic!("{other:?}"),
    }
    fixture.questions(echo).await;
    let answer = client.ask(fixture.query("again"), PATIENCE).await.unwrap();
    assert_eq!(answer.response_text, "re: again");
}

#[tokio::test(start_paused = true)]
async fn a_failed_publication_is_reported_at_once() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    memory.fail_publications(topics::QUERIES, [BusError::Unavailable("away".to_owned())]);
    let query = Query { query_id: "q".into(), ..fixture.query("?") };
    let refused = client.ask(query.clone(), PATIENCE).await;
    assert!(matches!(refused, Err(ClientError::Bus(BusError::Unavailable(_)))), "{refused:?}");
    // Nothing is left of it: the same question may be asked again.
    let again = client.ask(query, Duration::from_secs(1)).await;
    assert!(again.is_err_and(|error| error.is_timeout()));
}

#[tokio::test(start_paused = true)]
async fn unreadable_records_are_skipped() {
    let (fixture, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    let answering = async {
        let query = asked(&memory, 1).await;
        for topic in [topics::RESPONSES, topics::PROGRESS] {
            let poison = rtfm_shared::bus::OutRecord {
                topic: topic.to_owned(),
                value: Some(bytes::Bytes::from_static(b"\xff")),
                ..Default::default()
            };
            memory.publish(poison).await.unwrap();
        }
        say(&memory, &query, "fine").await;
    };
    let (answer, ()) = tokio::join!(client.ask(fixture.query("?"), PATIENCE), answering);
    assert_eq!(answer.unwrap().response_text, "fine");
}
