//! Large batches, long texts, many at once.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{Filter, Removal, SearchRequest};
use std::sync::Arc;

pub async fn a_thousand_at_once(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let said = |id: u64| said(id, &format!("message number {id} about herons")).vector(vector(id as usize, 0.3));
    store(&*memory, (1..=1000).map(said)).await;
    assert_eq!(stored(&*memory).await, (1..=1000).collect::<Vec<u64>>());
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "777").await), [777]);
    memory.remove(&Removal::Messages((1..=1000).filter(|id| id % 2 == 0).map(Into::into).collect())).await.unwrap();
    assert_eq!(memory.count(&everything()).await.unwrap(), 500);
}

pub async fn readers_and_writers_together(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let other = stage.open(space()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..4_u64 {
        // Two handles, as two processes have.
        let memory = Arc::clone(if writer % 2 == 0 { &memory } else { &other });
        tasks.spawn(async move {
            for batch in 0..10 {
                let first = writer * 1000 + batch * 10;
                store(&*memory, (first..first + 10).map(|id| said(id, "herons").channel(&writer.to_string()))).await;
                memory.remove(&Removal::Messages(vec![(first + 9).into()])).await.unwrap();
            }
        });
    }
    for reader in 0..4_u64 {
        let memory = Arc::clone(if reader % 2 == 0 { &other } else { &memory });
        tasks.spawn(async move {
            for _ in 0..20 {
                let filter = Filter::channels(Some("1".into()), vec![reader.into()]);
                let query = vector(0, 0.0);
                let request = SearchRequest { filter: &filter, text: "herons", vector: Some(&query), limit: 20 };
                let legs = memory.search(request).await.unwrap();
                for hit in legs.dense.iter().chain(&legs.lexical) {
                    assert_eq!(hit.message.channel_id, reader.into());
                }
            }
        });
    }
    tasks.join_all().await;
    for memory in [memory, other] {
        assert_eq!(stored(&*memory).await.len(), 4 * 10 * 9);
    }
}

pub async fn long_contents_fit(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let long = format!("{} zugzwang", "ü🎉日 ".repeat(1000));
    let huge = format!("{} endgame", "many words of one message ".repeat(4000));
    store(&*memory, [said(1, &long), said(2, &huge)]).await;
    assert_eq!(content(&*memory, 1).await, Some(long));
    assert_eq!(content(&*memory, 2).await, Some(huge));
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "zugzwang").await), [1]);
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "endgame").await), [2]);
}
