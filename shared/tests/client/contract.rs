//! What asking promises on every bus.

use crate::world::*;
use futures::StreamExt;
use rtfm_shared::client::{AnswerEvent, Client, ClientError};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

macro_rules! on_every_bus {
    ($($test:ident),* $(,)?) => {
        mod local {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::world::Ground::local().await.unwrap()).await;
            })*
        }
        mod kafka {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(ground) = crate::world::Ground::kafka().await {
                    super::$test(ground).await;
                }
            })*
        }
    };
}

on_every_bus!(
    each_of_many_gets_its_own_answer,
    a_late_answer_is_ignored,
    glimpses_come_before_the_answer,
    an_answer_from_another_client_is_heard_by_its_asker_alone,
);

async fn each_of_many_gets_its_own_answer(ground: Ground) {
    // All are under way at once before the first is answered, and they are answered in no order.
    let all_asked = Arc::new(Semaphore::new(0));
    let (waiting, count) = (all_asked.clone(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    ground
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
    let client = Client::new(ground.bus.clone(), "test");
    let asking = (0..200).map(|n| {
        let (client, query) = (client.clone(), ground.query(&n.to_string()));
        async move {
            let response = client.ask(query, PATIENCE).await.unwrap();
            assert_eq!(response.response_text, format!("re: {n}"));
            response.query_id
        }
    });
    let ids: BTreeSet<_> = futures::future::join_all(asking).await.into_iter().collect();
    assert_eq!(ids.len(), 200, "each question had an id of its own");
}

async fn a_late_answer_is_ignored(ground: Ground) {
    let released = Arc::new(Semaphore::new(0));
    let (late, gate) = (Arc::new(Semaphore::new(0)), released.clone());
    let answered = late.clone();
    ground
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
    let client = Client::new(ground.bus.clone(), "test");
    client.ask(ground.query("warm"), PATIENCE).await.unwrap();
    let asked = client.ask(ground.query("slow"), Duration::from_millis(300)).await;
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
    let next = client.ask(ground.query("next"), PATIENCE).await.unwrap();
    assert_eq!(next.response_text, "re: next");
}

async fn glimpses_come_before_the_answer(ground: Ground) {
    let heard = Arc::new(Semaphore::new(0));
    let gate = heard.clone();
    ground
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
    let client = Client::new(ground.bus.clone(), "test");
    let mut watching = client.progress().await.unwrap();
    let mut events = client.follow(ground.query("?"), PATIENCE);
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
    let channel = ground.query("").channel_id;
    let mut watched = Vec::new();
    while watched.len() < 4 {
        let glimpse = tokio::time::timeout(PATIENCE, watching.next()).await.expect("in time").unwrap();
        if glimpse.channel_id == channel {
            watched.push(glimpse.sequence);
        }
    }
    assert_eq!(watched, [1, 2, 1, 3], "who watches sees what is said");
}

async fn an_answer_from_another_client_is_heard_by_its_asker_alone(ground: Ground) {
    ground.questions(echo).await;
    let (ana, ben) = (Client::new(ground.bus.clone(), "ana"), Client::new(ground.bus.clone(), "ben"));
    let (a, b) = tokio::join!(ana.ask(ground.query("a"), PATIENCE), ben.ask(ground.query("b"), PATIENCE));
    assert_eq!((a.unwrap().response_text.as_str(), b.unwrap().response_text.as_str()), ("re: a", "re: b"));
}
