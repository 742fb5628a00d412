//! Large batches, long texts and concurrency.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{Filter, Removal, SearchRequest};
use std::sync::Arc;

pub async fn a_batch_of_a_thousand(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let indexed = |id: u64| indexed(id, &format!("message number {id} about herons")).vector(vector(id as usize, 0.3));
    upsert(&*store, (1..=1000).map(indexed)).await;
    assert_eq!(stored(&*store).await, (1..=1000).collect::<Vec<u64>>());
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "777").await), [777]);
    store.remove(&Removal::Messages((1..=1000).filter(|id| id % 2 == 0).map(Into::into).collect())).await.unwrap();
    assert_eq!(store.count(&everything()).await.unwrap(), 500);
}

pub async fn concurrent_readers_and_writers(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let other = backend.open(space()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..4_u64 {
        // Two handles simulate two processes.
        let store = Arc::clone(if writer % 2 == 0 { &store } else { &other });
        tasks.spawn(async move {
            for batch in 0..10 {
                let first = writer * 1000 + batch * 10;
                upsert(&*store, (first..first + 10).map(|id| indexed(id, "herons").channel(&writer.to_string()))).await;
                store.remove(&Removal::Messages(vec![(first + 9).into()])).await.unwrap();
            }
        });
    }
    for reader in 0..4_u64 {
        let store = Arc::clone(if reader % 2 == 0 { &other } else { &store });
        tasks.spawn(async move {
            for _ in 0..20 {
                let filter = Filter::channels(Some("1".into()), vec![reader.into()]);
                let query = vector(0, 0.0);
                let request = SearchRequest { filter: &filter, text: "herons", vector: Some(&query), limit: 20 };
                let legs = store.search(request).await.unwrap();
                for hit in legs.dense.iter().chain(&legs.lexical) {
                    assert_eq!(hit.message.channel_id, reader.into());
                }
            }
        });
    }
    tasks.join_all().await;
    for store in [store, other] {
        assert_eq!(stored(&*store).await.len(), 4 * 10 * 9);
    }
}

pub async fn long_messages_fit(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let long = format!("{} zugzwang", "ü🎉日 ".repeat(1000));
    let huge = format!("{} endgame", "many words of one message ".repeat(4000));
    upsert(&*store, [indexed(1, &long), indexed(2, &huge)]).await;
    assert_eq!(content(&*store, 1).await, Some(long));
    assert_eq!(content(&*store, 2).await, Some(huge));
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "zugzwang").await), [1]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "endgame").await), [2]);
}
