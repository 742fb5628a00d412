//! Reading without searching.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{Filter, Legs, Neighbourhood, SearchRequest};

pub async fn getting_gives_those_that_are_there(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(100, "c"), said(20, "b"), said(3, "a")]).await;
    let wanted = [100, 3, 4, 20, 3].map(Into::into);
    assert_eq!(ids(&memory.get(&wanted).await.unwrap()), [3, 20, 100]);
    assert_eq!(memory.get(&[]).await.unwrap(), []);
}

pub async fn neighbours_stand_around_a_place(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, (1..=20).map(|id| said(id * 10, "x").channel(if id % 2 == 0 { "20" } else { "10" }))).await;
    let place = |channel: &str, id: u64, before, after| Neighbourhood {
        channel_id: channel.into(),
        message_id: id.into(),
        before,
        after,
    };
    let found = memory
        .neighbours(&[
            place("10", 110, 2, 3),
            place("10", 115, 2, 1),
            place("20", 20, 5, 1),
            place("20", 200, 1, 5),
            place("10", 110, 0, 0),
            place("99", 110, 3, 3),
            place("10", 110, 100, 100),
            place("10", 110, 0, 1),
        ])
        .await
        .unwrap();
    let found: Vec<Vec<u64>> = found.iter().map(ids).collect();
    assert_eq!(
        found,
        [
            vec![70, 90, 130, 150, 170],
            vec![90, 110, 130],
            vec![40],
            vec![180],
            vec![],
            vec![],
            vec![10, 30, 50, 70, 90, 130, 150, 170, 190],
            vec![130],
        ]
    );
    assert_eq!(memory.neighbours(&[]).await.unwrap(), [] as [Vec<_>; 0]);
}

pub async fn replies_are_found(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(
        &*memory,
        [
            said(1, "question"),
            said(9, "late answer").reply_to(1),
            said(3, "answer").reply_to(1),
            said(4, "other").reply_to(2),
            said(5, "answer to the answer").reply_to(3),
        ],
    )
    .await;
    assert_eq!(ids(&memory.replies(&[1.into()]).await.unwrap()), [3, 9]);
    assert_eq!(ids(&memory.replies(&[1.into(), 3.into(), 77.into()]).await.unwrap()), [3, 5, 9]);
    assert_eq!(memory.replies(&[]).await.unwrap(), []);
}

pub async fn scrolling_sees_each_once(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, (1..=57).rev().map(|id| said(id, "x").channel(if id % 3 == 0 { "20" } else { "10" }))).await;
    for filter in [everything(), Filter::channels(Some("1".into()), vec!["10".into()])] {
        let mut seen = Vec::new();
        loop {
            let after = seen.last().copied().map(Into::into);
            let page = memory.scroll(&filter, after.as_ref(), 10).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 10);
            seen.extend(ids(&page));
        }
        assert!(seen.is_sorted() && seen.len() as u64 == memory.count(&filter).await.unwrap(), "{seen:?}");
    }
    assert_eq!(memory.scroll(&everything(), None, 0).await.unwrap(), []);
}

pub async fn counting_and_guilds(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(
        &*memory,
        [said(1, "x").guild("200"), said(2, "x").guild("30"), said(3, "x").guild(""), said(4, "x").guild("200")],
    )
    .await;
    assert_eq!(memory.count(&everything()).await.unwrap(), 4);
    assert_eq!(memory.count(&Filter::everything(Some("200".into()))).await.unwrap(), 2);
    let mut guilds = memory.guilds().await.unwrap();
    assert!(guilds.is_sorted());
    guilds.sort();
    assert_eq!(guilds, ["200".into(), "30".into()]);
    memory.health().await.unwrap();
}

pub async fn an_empty_store_answers(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    memory.health().await.unwrap();
    memory.upsert(Vec::new()).await.unwrap();
    let query = vector(0, 0.0);
    let all = everything();
    let request = SearchRequest { filter: &all, text: "anything", vector: Some(&query), limit: 5 };
    assert_eq!(memory.search(request).await.unwrap(), Legs::default());
    assert_eq!(memory.guilds().await.unwrap(), []);
    assert_eq!(stored(&*memory).await, [] as [u64; 0]);
}
