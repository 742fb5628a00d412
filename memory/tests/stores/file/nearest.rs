//! Compares the nearest-neighbour search with a scan of every vector.

use crate::contract::fixtures::*;
use rtfm_memory::store::{EmbeddingSpace, Filter, MessageStore, Removal, SqliteStore};
use rtfm_shared::event::ChatMessage;

const LONG_DIMENSION: usize = 48;

/// Reproducible pseudo-random numbers between -1 and 1 (SplitMix64).
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0xd6e8_feb8_6659_fd93);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// A mix of isolated vectors, a dense cluster, and duplicates.
fn vector_of(id: u64) -> Vec<f32> {
    let own = numbers(id, LONG_DIMENSION);
    match id % 4 {
        0 => own,
        3 => numbers(99_000 + id % 5, LONG_DIMENSION),
        _ => numbers(7, LONG_DIMENSION).iter().zip(own).map(|(shared, own)| shared + own * 0.01).collect(),
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

#[tokio::test]
async fn nearest_neighbours_are_exact() {
    let directory = tempfile::tempdir().unwrap();
    let space = Some(EmbeddingSpace { name: "long".to_owned(), dimension: LONG_DIMENSION });
    let store = SqliteStore::open(directory.path(), space).await.unwrap();
    let channel = |id: u64| (10 + id % 7).to_string();
    let all: Vec<u64> = (1..=1500).collect();
    upsert(&store, all.iter().map(|id| indexed(*id, "x").channel(&channel(*id)).vector(vector_of(*id)))).await;
    // Removes some messages and changes the vectors of others.
    store.remove(&Removal::Messages((1..=1500).step_by(50).map(Into::into).collect())).await.unwrap();
    let moved = |id: u64| if id % 20 == 2 { vector_of(id + 5_000) } else { vector_of(id) };
    let edited = all.iter().filter(|id| **id % 20 == 2);
    upsert(&store, edited.map(|id| indexed(*id, "").edited(9_000, "y").channel(&channel(*id)).vector(moved(*id))))
        .await;

    let some = |channels: &[&str]| Filter::channels(Some("1".into()), channels.iter().map(|id| (*id).into()).collect());
    let without = Filter { exclude: vec![3.into(), 7.into()], ..everything() };
    for filter in [everything(), some(&["11", "14"]), some(&["12"]), without] {
        for (query, limit) in [(1, 10), (3, 40), (6, 3), (7_777, 100), (12, 5_000)] {
            let query = vector_of(query);
            let inside = |id: &&u64| {
                let message = ChatMessage { channel_id: channel(**id).as_str().into(), ..message(**id, "") };
                *id % 50 != 1 && filter.matches(&message)
            };
            let mut expected: Vec<(u64, f64)> =
                all.iter().filter(inside).map(|id| (*id, cosine(&query, &moved(*id)))).collect();
            expected.sort_by(|(a, near), (b, far)| far.total_cmp(near).then(a.cmp(b)));
            expected.truncate(limit);
            let found = by_vector(&store, &filter, &query, limit).await;
            assert_eq!(found.len(), expected.len());
            for (hit, (id, score)) in found.iter().zip(&expected) {
                assert!((hit.score - score).abs() < 1e-6, "{id}: score {} instead of {score}", hit.score);
            }
            let mut ids = (hit_ids(&found), expected.iter().map(|(id, _)| *id).collect::<Vec<_>>());
            ids.0.sort_unstable();
            ids.1.sort_unstable();
            assert_eq!(ids.0, ids.1);
        }
    }
}
