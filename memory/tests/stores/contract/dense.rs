//! The dense leg: exact order, cosine scores, and the check of vectors.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{EmbeddingSpace, Filter, SearchRequest, StoreError};

pub async fn scores_are_cosines(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let leans = [0.0, 0.25, 1.0, 4.0];
    upsert(&*store, (0..4_u8).map(|n| indexed(u64::from(n), "x").vector(vector(0, leans[usize::from(n)])))).await;
    let opposite: Vec<f32> = vector(0, 0.0).iter().map(|number| -number).collect();
    upsert(&*store, [indexed(9, "x").vector(opposite), indexed(8, "x").vector(vector(4, 0.0))]).await;
    let hits = by_vector(&*store, &everything(), &vector(0, 0.0), 10).await;
    assert_eq!(hit_ids(&hits), [0, 1, 2, 3, 8, 9]);
    let cosine = |lean: f64| 1.0 / (1.0 + lean * lean).sqrt();
    let expected = [1.0, cosine(0.25), cosine(1.0), cosine(4.0), 0.0, -1.0];
    for (hit, expected) in hits.iter().zip(expected) {
        assert!((hit.score - expected).abs() < 1e-5, "{} is not {expected}", hit.score);
    }
}

pub async fn dense_ties_order_by_id_at_the_cut(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let numbers: Vec<u64> = (1..=300).map(|n| n * 7 % 307).collect();
    upsert(&*store, numbers.iter().map(|id| indexed(*id, "same"))).await;
    upsert(&*store, [indexed(1000, "nearest").vector(vector(3, 0.0))]).await;
    let mut sorted = numbers;
    sorted.sort_unstable();
    // Message 1000 is first. The others tie, all at a right angle to the query, and follow by id.
    let hits = by_vector(&*store, &everything(), &vector(3, 0.0), 8).await;
    assert_eq!(hit_ids(&hits)[0], 1000);
    assert_eq!(hit_ids(&hits)[1..], sorted[..7]);
    let filter = Filter { exclude: vec![1000.into(), sorted[0].into()], ..everything() };
    assert_eq!(hit_ids(&by_vector(&*store, &filter, &vector(3, 0.0), 5).await), sorted[1..6]);
}

pub async fn a_message_without_a_vector_is_found_by_words(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [indexed(1, "herons").no_vector(), indexed(2, "herons"), indexed(3, "herons").vector(vec![0.0; DIMENSION])],
    )
    .await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "herons").await), [1, 2, 3]);
    assert_eq!(hit_ids(&by_vector(&*store, &everything(), &vector(0, 0.0), 10).await), [2]);
    // An upsert can add a vector later, or take it away.
    upsert(&*store, [indexed(1, "herons"), indexed(2, "herons").no_vector()]).await;
    assert_eq!(hit_ids(&by_vector(&*store, &everything(), &vector(0, 0.0), 10).await), [1]);
}

pub async fn a_vector_of_the_wrong_shape_is_refused(backend: &impl Backend) {
    let store = backend.open(space()).await;
    for bad in [vec![1.0; DIMENSION + 1], vec![], vec![f32::NAN; DIMENSION]] {
        let refused = store.upsert(vec![indexed(1, "good").0, indexed(2, "bad").vector(bad.clone()).0]).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
        let all = everything();
        let request = SearchRequest { filter: &all, text: "good", vector: Some(&bad), limit: 5 };
        let refused = store.search(request).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(stored(&*store).await, [] as [u64; 0]);
}

pub async fn search_is_deterministic(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let words = ["heron", "crane", "stork", "egret", "ibis"];
    upsert(
        &*store,
        (0..200_u16).map(|n| {
            let n_ = usize::from(n);
            indexed(u64::from(n), &format!("{} {}", words[n_ % 5], words[n_ % 3]))
                .vector(vector(n_ % 4, f32::from(n % 7)))
        }),
    )
    .await;
    let all = everything();
    let query = vector(1, 0.5);
    let request = SearchRequest { filter: &all, text: "heron stork", vector: Some(&query), limit: 30 };
    let first = store.search(request).await.unwrap();
    assert_eq!((first.dense.len(), first.lexical.len()), (30, 30));
    for _ in 0..20 {
        assert_eq!(store.search(request).await.unwrap(), first);
    }
    for leg in [&first.dense, &first.lexical] {
        let ordered = leg.is_sorted_by(|a, b| {
            let (left, right) = (a.message.message_id.snowflake(), b.message.message_id.snowflake());
            a.score > b.score || (a.score == b.score && left < right)
        });
        assert!(ordered, "{leg:?}");
    }
    let shorter = store.search(SearchRequest { limit: 7, ..request }).await.unwrap();
    assert_eq!(shorter.dense, first.dense[..7]);
    assert_eq!(shorter.lexical, first.lexical[..7]);
}

pub async fn each_leg_runs_alone(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "herons")]).await;
    assert_eq!(by_words(&*store, &everything(), "herons").await.len(), 1);
    assert_eq!(by_vector(&*store, &everything(), &vector(0, 0.0), 1).await.len(), 1);
    let all = everything();
    let nothing = SearchRequest { filter: &all, text: "herons", vector: None, limit: 0 };
    assert_eq!(store.search(nothing).await.unwrap().lexical, []);
}

pub async fn embedders_never_mix(backend: &impl Backend) {
    let other = |name: &str, dimension| Some(EmbeddingSpace { name: name.to_owned(), dimension });
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "herons")]).await;
    for space in [other("other", DIMENSION), other("test-embedder", 2)] {
        let dimension = space.as_ref().unwrap().dimension;
        let store = backend.open(space).await;
        let mut query = vec![0.0; dimension];
        query[0] = 1.0;
        assert_eq!(by_vector(&*store, &everything(), &query, 10).await, [], "a vector of another embedder is found");
        upsert(&*store, [indexed(2, "herons").vector(query.clone())]).await;
        assert_eq!(hit_ids(&by_vector(&*store, &everything(), &query, 10).await), [2]);
    }
    // The first embedder's vectors are unchanged.
    let store = backend.open(space()).await;
    assert_eq!(hit_ids(&by_vector(&*store, &everything(), &vector(0, 0.0), 10).await), [1]);
}
