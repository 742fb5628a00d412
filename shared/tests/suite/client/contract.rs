//! What asking promises on every bus.

use crate::client::world::*;
use futures::StreamExt;
use rtfm_shared::client::{AnswerEvent, Client, ClientError};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

macro_rules! on_every_bus {
    ($($test:ident),* $(,)?) => {
        mod local {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::client::world::ClientFixture::local().await.unwrap()).await;
            })*
        }
        mod kafka {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(fixture) = crate::client::world::ClientFixture::kafka().await {
                    super::$test(fixture).await;
                }
            })*
        }
    };
}

on_every_bus!(
    each_of_many_questions_gets_its_own_answer,
    a_late_answer_is_ignored,
    partial_answers_come_before_the_answer,
    only_the_asking_client_receives_its_answer,
);

async fn each_of_many_questions_gets_its_own_answer(fixture: ClientFixture) {
    // All are under way at once before the first is answered, and they are answered in no order.
    let all_asked = Arc::new(Semaphore::new(0));
    let (waiting, count) = (all_asked.clone(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    fixture
        .questions(move |bus, query| {
            let (waiting, count) = (waiting.clone(), count.clone());
            async move {
                if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == 200 {
                    waiting.add_permits(200);
                }
                waiting.acquire().await.unwrap().forget();
                echo(bus, query).await;
            }
        })
        .await;
    let client = Client::new(fixture.bus.clone(), "test");
    let asking = (0..200).map(|n| {
        let (client, query) = (client.clone(), fixture.query(&n.to_string()));
        async move {
            let response = client.ask(query, PATIENCE).await.unwrap();
            assert_eq!(response.response_text, format!("re: {n}"));
            response.query_id
        }
    });
    let ids: BTreeSet<_> = futures::future::join_all(asking).await.into_iter().collect();
    assert_eq!(ids.len(), 200, "each question had an id of its own");
}

async fn a_late_answer_is_ignored(fixture: ClientFixture) {
    let released = Arc::new(Semaphore::new(0));
    let (late, gate) = (Arc::new(Semaphore::new(0)), released.clone());
    let answered = late.clone();
    fixture
        .questions(move |bus, query| {
            let (gate, answered) = (gate.clone(), answered.clone());
            async move {
                if query.question == "slow" {
                    gate.acquire().await.unwrap().forget();
                    say(&*bus, &query, "too late").await;
                    answered.add_permits(1);
                } else {
                    echo(bus, query).await;
                }
            }
        })
        .await;
    let client = Client::new(fixture.bus.clone(), "test");
    client.ask(fixture.query("warm"), PATIENCE).await.unwrap();
    let asked = client.ask(fixture.query("slow"), Duration::from_millis(300)).await;
    match asked {
        Err(error @ ClientError::Timeout { patience, .. }) => {
            assert!(error.is_timeout());
            assert_eq!(patience, Duration::from_millis(300));
        }
        other => panic!("{other:?}"),
    }
    released.add_permits(1);
    late.acquire().await.unwrap().forget();
    // Published after the late one, and the first that this client hears.
    let next = client.ask(fixture.query("next"), PATIENCE).await.unwrap();
    assert_eq!(next.response_text, "re: next");
}

async fn partial_answers_come_before_the_answer(fixture: ClientFixture) {
    let heard = Arc::new(Semaphore::new(0));
    let gate = heard.clone();
    fixture
        .questions(move |bus, query| {
            let gate = gate.clone();
            async move {
                for sequence in [1, 2, 1, 3] {
                    glimpse(&*bus, &query, sequence).await;
                }
                // ProgressReader travel on a topic of their own: the answer could be heard before them.
                gate.acquire().await.unwrap().forget();
                echo(bus, query).await;
            }
        })
        .await;
    let client = Client::new(fixture.bus.clone(), "test");
    let mut watching = client.progress().await.unwrap();
    let mut events = client.follow(fixture.query("?"), PATIENCE);
    let (mut seen, mut answer) = (Vec::new(), None);
    while let Some(event) = events.next().await {
        match event.unwrap() {
            AnswerEvent::Progress(progress) => {
                seen.push(progress.sequence);
                if seen.len() == 3 {
                    heard.add_permits(1);
                }
            }
            AnswerEvent::Answer(response) => answer = Some(response.response_text),
        }
    }
    assert_eq!((seen, answer.as_deref()), (vec![1, 2, 3], Some("re: ?")));
    let channel = fixture.query("").channel_id;
    let mut watched = Vec::new();
    while watched.len() < 4 {
        let glimpse = tokio::time::timeout(PATIENCE, watching.next()).await.expect("in time").unwrap();
        if glimpse.channel_id == channel {
            watched.push(glimpse.sequence);
        }
    }
    assert_eq!(watched, [1, 2, 1, 3], "who watches sees what is said");
}

async fn only_the_asking_client_receives_its_answer(fixture: ClientFixture) {
    fixture.questions(echo).await;
    let (ana, ben) = (Client::new(fixture.bus.clone(), "ana"), Client::new(fixture.bus.clone(), "ben"));
    let (a, b) = tokio::join!(ana.ask(fixture.query("a"), PATIENCE), ben.ask(fixture.query("b"), PATIENCE));
    assert_eq!((a.unwrap().response_text.as_str(), b.unwrap().response_text.as_str()), ("re: a", "re: b"));
}
