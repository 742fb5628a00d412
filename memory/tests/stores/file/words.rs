//! The early termination of a lexical search does not change its top hits.

use crate::contract::{fixtures::*, space};
use rtfm_memory::store::{MessageStore, SearchRequest, SqliteStore};

/// A few common words and many rare ones, in texts of different lengths.
fn content(id: u64) -> String {
    let mut state = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = |below: u64| {
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9).wrapping_add(id);
        (state >> 33) % below
    };
    let length = 4 + next(30);
    (0..length).map(|n| if n % 3 == 0 { format!("w{} ", next(900)) } else { format!("c{} ", next(12)) }).collect()
}

#[tokio::test]
async fn early_termination_misses_no_top_hit() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), space()).await.unwrap();
    upsert(&store, (1..=2_000).map(|id| indexed(id, &content(id)))).await;
    for text in ["w1 c1", "w5 w6 w7 c1 c2 c3 c4", "c1 c2", "c5", "w9 nowhere c1 c2 c3 c4 c5 c6 c7"] {
        let filter = everything();
        let found = async |limit: usize| {
            let request = SearchRequest { filter: &filter, text, vector: None, limit };
            store.search(request).await.unwrap().lexical
        };
        // With a limit above the number of texts, the search scores every match.
        let all = found(2_001).await;
        assert!(all.len() > 50, "{text:?} matches too few texts");
        for limit in [1, 3, 10, 50] {
            assert_eq!(found(limit).await, all[..limit], "the best {limit} of {text:?}");
        }
    }
}
