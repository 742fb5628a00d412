//! Reads that need no search: by id, by position, by filter.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{Filter, Legs, Neighbourhood, SearchRequest};

pub async fn get_returns_stored_messages(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(100, "c"), indexed(20, "b"), indexed(3, "a")]).await;
    let wanted = [100, 3, 4, 20, 3].map(Into::into);
    assert_eq!(ids(&store.get(&wanted).await.unwrap()), [3, 20, 100]);
    assert_eq!(store.get(&[]).await.unwrap(), []);
}

pub async fn neighbours_surround_a_position(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, (1..=20).map(|id| indexed(id * 10, "x").channel(if id % 2 == 0 { "20" } else { "10" }))).await;
    let place = |channel: &str, id: u64, before, after| Neighbourhood {
        channel_id: channel.into(),
        message_id: id.into(),
        before,
        after,
    };
    let found = store
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
    assert_eq!(store.neighbours(&[]).await.unwrap(), [] as [Vec<_>; 0]);
}

pub async fn replies_are_found(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [
            indexed(1, "question"),
            indexed(9, "late answer").reply_to(1),
            indexed(3, "answer").reply_to(1),
            indexed(4, "other").reply_to(2),
            indexed(5, "answer to the answer").reply_to(3),
        ],
    )
    .await;
    assert_eq!(ids(&store.replies(&[1.into()]).await.unwrap()), [3, 9]);
    assert_eq!(ids(&store.replies(&[1.into(), 3.into(), 77.into()]).await.unwrap()), [3, 5, 9]);
    assert_eq!(store.replies(&[]).await.unwrap(), []);
}

pub async fn scroll_returns_each_message_once(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, (1..=57).rev().map(|id| indexed(id, "x").channel(if id % 3 == 0 { "20" } else { "10" }))).await;
    for filter in [everything(), Filter::channels(Some("1".into()), vec!["10".into()])] {
        let mut seen = Vec::new();
        loop {
            let after = seen.last().copied().map(Into::into);
            let page = store.scroll(&filter, after.as_ref(), 10).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 10);
            seen.extend(ids(&page));
        }
        assert!(seen.is_sorted() && seen.len() as u64 == store.count(&filter).await.unwrap(), "{seen:?}");
    }
    assert_eq!(store.scroll(&everything(), None, 0).await.unwrap(), []);
}

pub async fn count_and_guilds(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [
            indexed(1, "x").guild("200"),
            indexed(2, "x").guild("30"),
            indexed(3, "x").guild(""),
            indexed(4, "x").guild("200"),
        ],
    )
    .await;
    assert_eq!(store.count(&everything()).await.unwrap(), 4);
    assert_eq!(store.count(&Filter::everything(Some("200".into()))).await.unwrap(), 2);
    let mut guilds = store.guilds().await.unwrap();
    assert!(guilds.is_sorted());
    guilds.sort();
    assert_eq!(guilds, ["200".into(), "30".into()]);
    store.health().await.unwrap();
}

pub async fn an_empty_store_returns_nothing(backend: &impl Backend) {
    let store = backend.open(space()).await;
    store.health().await.unwrap();
    store.upsert(Vec::new()).await.unwrap();
    let query = vector(0, 0.0);
    let all = everything();
    let request = SearchRequest { filter: &all, text: "anything", vector: Some(&query), limit: 5 };
    assert_eq!(store.search(request).await.unwrap(), Legs::default());
    assert_eq!(store.guilds().await.unwrap(), []);
    assert_eq!(stored(&*store).await, [] as [u64; 0]);
}
