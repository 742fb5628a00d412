//! The vector leg: exact order, cosine scores, and vectors that fit.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{EmbeddingSpace, Filter, SearchRequest, StoreError};

pub async fn scores_are_cosines(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let leans = [0.0, 0.25, 1.0, 4.0];
    store(&*memory, (0..4_u8).map(|n| said(u64::from(n), "x").vector(vector(0, leans[usize::from(n)])))).await;
    let opposite: Vec<f32> = vector(0, 0.0).iter().map(|number| -number).collect();
    store(&*memory, [said(9, "x").vector(opposite), said(8, "x").vector(vector(4, 0.0))]).await;
    let hits = by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await;
    assert_eq!(hit_ids(&hits), [0, 1, 2, 3, 8, 9]);
    let cosine = |lean: f64| 1.0 / (1.0 + lean * lean).sqrt();
    let expected = [1.0, cosine(0.25), cosine(1.0), cosine(4.0), 0.0, -1.0];
    for (hit, expected) in hits.iter().zip(expected) {
        assert!((hit.score - expected).abs() < 1e-5, "{} is not {expected}", hit.score);
    }
}

pub async fn dense_ties_go_by_id_even_at_the_cut(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let numbers: Vec<u64> = (1..=300).map(|n| n * 7 % 307).collect();
    store(&*memory, numbers.iter().map(|id| said(*id, "same"))).await;
    store(&*memory, [said(1000, "nearest").vector(vector(3, 0.0))]).await;
    let mut sorted = numbers;
    sorted.sort_unstable();
    // 1000 first, then the tied ones (all at a right angle to the query) by id.
    let hits = by_vector(&*memory, &everything(), &vector(3, 0.0), 8).await;
    assert_eq!(hit_ids(&hits)[0], 1000);
    assert_eq!(hit_ids(&hits)[1..], sorted[..7]);
    let filter = Filter { exclude: vec![1000.into(), sorted[0].into()], ..everything() };
    assert_eq!(hit_ids(&by_vector(&*memory, &filter, &vector(3, 0.0), 5).await), sorted[1..6]);
}

pub async fn a_message_without_a_vector_is_found_by_words(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "herons").no_vector(), said(2, "herons"), said(3, "herons").vector(vec![0.0; DIMENSION])])
        .await;
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "herons").await), [1, 2, 3]);
    assert_eq!(hit_ids(&by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await), [2]);
    // A vector may come later, and go again.
    store(&*memory, [said(1, "herons"), said(2, "herons").no_vector()]).await;
    assert_eq!(hit_ids(&by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await), [1]);
}

pub async fn a_vector_that_does_not_fit_is_refused(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    for bad in [vec![1.0; DIMENSION + 1], vec![], vec![f32::NAN; DIMENSION]] {
        let refused = memory.upsert(vec![said(1, "good").0, said(2, "bad").vector(bad.clone()).0]).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
        let all = everything();
        let request = SearchRequest { filter: &all, text: "good", vector: Some(&bad), limit: 5 };
        let refused = memory.search(request).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(stored(&*memory).await, [] as [u64; 0]);
}

pub async fn searching_twice_gives_the_same(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let words = ["heron", "crane", "stork", "egret", "ibis"];
    store(
        &*memory,
        (0..200_u16).map(|n| {
            let n_ = usize::from(n);
            said(u64::from(n), &format!("{} {}", words[n_ % 5], words[n_ % 3])).vector(vector(n_ % 4, f32::from(n % 7)))
        }),
    )
    .await;
    let all = everything();
    let query = vector(1, 0.5);
    let request = SearchRequest { filter: &all, text: "heron stork", vector: Some(&query), limit: 30 };
    let first = memory.search(request).await.unwrap();
    assert_eq!((first.dense.len(), first.lexical.len()), (30, 30));
    for _ in 0..20 {
        assert_eq!(memory.search(request).await.unwrap(), first);
    }
    for leg in [&first.dense, &first.lexical] {
        let ordered = leg.is_sorted_by(|a, b| {
            let (left, right) = (a.message.message_id.snowflake(), b.message.message_id.snowflake());
            a.score > b.score || (a.score == b.score && left < right)
        });
        assert!(ordered, "{leg:?}");
    }
    let shorter = memory.search(SearchRequest { limit: 7, ..request }).await.unwrap();
    assert_eq!(shorter.dense, first.dense[..7]);
    assert_eq!(shorter.lexical, first.lexical[..7]);
}

pub async fn each_leg_runs_alone(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "herons")]).await;
    assert_eq!(by_words(&*memory, &everything(), "herons").await.len(), 1);
    assert_eq!(by_vector(&*memory, &everything(), &vector(0, 0.0), 1).await.len(), 1);
    let all = everything();
    let nothing = SearchRequest { filter: &all, text: "herons", vector: None, limit: 0 };
    assert_eq!(memory.search(nothing).await.unwrap().lexical, []);
}

pub async fn embedders_never_mix(stage: &impl Stage) {
    let other = |name: &str, dimension| Some(EmbeddingSpace { name: name.to_owned(), dimension });
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "herons")]).await;
    for space in [other("other", DIMENSION), other("test-embedder", 2)] {
        let dimension = space.as_ref().unwrap().dimension;
        let memory = stage.open(space).await;
        let mut query = vec![0.0; dimension];
        query[0] = 1.0;
        assert_eq!(by_vector(&*memory, &everything(), &query, 10).await, [], "another embedder's vector was compared");
        store(&*memory, [said(2, "herons").vector(query.clone())]).await;
        assert_eq!(hit_ids(&by_vector(&*memory, &everything(), &query, 10).await), [2]);
    }
    // Back at the first one, its vectors are as they were.
    let memory = stage.open(space()).await;
    assert_eq!(hit_ids(&by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await), [1]);
}
