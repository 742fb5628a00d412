//! The lexical leg: any text is safe, and better matches rank higher.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{Filter, MessageStore};

async fn found(store: &dyn MessageStore, text: &str) -> Vec<u64> {
    let hits = by_words(store, &everything(), text).await;
    assert!(hits.iter().all(|hit| hit.score > 0.0 && hit.score.is_finite()), "{hits:?}");
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "{hits:?}");
    hit_ids(&hits)
}

pub async fn hostile_text_is_harmless(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let store = &*store;
    upsert(store, [indexed(1, "the heron said hello to near and index_text")]).await;
    for nothing in ["", " ", "\0", "?!.,;:-()[]{}", "\"", "\"\"\"", "'", "*", "🎉🎉", "^", "\u{301}", "\u{200b}"] {
        assert_eq!(found(store, nothing).await, [] as [u64; 0], "{nothing:?}");
    }
    let long_word = "x".repeat(10_000);
    for nothing in ["xyz\" OR \"1\"=\"1", "zzz*", "zz:top", "{zz yy}: qq", "\u{fffd}zz", "ﷺ", &long_word] {
        assert_eq!(found(store, nothing).await, [] as [u64; 0], "{nothing:?}");
    }
    for heron in [
        "heron",
        "\"heron",
        "heron\"",
        "heron OR",
        "OR heron",
        "AND heron NOT",
        "NOT heron",
        "NEAR(heron, 2)",
        "NEAR(heron",
        "heron*",
        "^heron",
        "-heron",
        "+heron",
        "text:heron",
        "index_text:heron",
        "{index_text}:heron",
        "heron') DROP TABLE message; --",
        "heron\0more",
        "🎉heron🎉",
        "(((heron",
        "<@501> heron",
        "https://example.com/heron?a=b",
        "\u{202e}heron",
    ] {
        assert_eq!(found(store, heron).await, [1], "{heron:?}");
    }
    let long = format!("heron {}", "word ".repeat(2000));
    assert_eq!(found(store, &long).await, [1]);
    let many = format!("heron {}", (0..3000).map(|n| format!("w{n} ")).collect::<String>());
    assert_eq!(found(store, &many).await, [1]);
}

pub async fn a_rare_word_beats_a_common_one(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let common = (1..=30).map(|id| indexed(id, "deploy goes through staging"));
    upsert(&*store, common.chain([indexed(50, "kubectl goes through staging")])).await;
    assert_eq!(found(&*store, "kubectl deploy").await.first(), Some(&50));
}

pub async fn more_matching_words_rank_higher(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let filler = (100..150).map(|id| indexed(id, "something else entirely here"));
    upsert(
        &*store,
        [
            indexed(1, "redis port missing there"),
            indexed(2, "redis port number there"),
            indexed(3, "redis there missing too"),
        ]
        .into_iter()
        .chain(filler),
    )
    .await;
    assert_eq!(found(&*store, "what is the port number of redis?").await, [2, 1, 3]);
}

pub async fn a_short_message_beats_a_long_one(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let long = format!("heron {}", "other words ".repeat(40));
    let filler = (100..120).map(|id| indexed(id, "something else entirely here"));
    upsert(&*store, [indexed(1, &long), indexed(2, "heron here")].into_iter().chain(filler)).await;
    assert_eq!(found(&*store, "heron").await, [2, 1]);
}

pub async fn words_match_in_other_forms(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let store = &*store;
    upsert(
        store,
        [
            indexed(1, "We DEPLOYED the migrations yesterday"),
            indexed(2, "the café is closed, naïvely"),
            indexed(3, "run cargo_make with --all-features in config.toml"),
            indexed(4, "ПРИВЕТ мир"),
        ],
    )
    .await;
    assert_eq!(found(store, "deploying a migration").await, [1]);
    assert_eq!(found(store, "CAFE").await, [2]);
    assert_eq!(found(store, "cafe\u{301}s").await, [2]);
    assert_eq!(found(store, "make feature").await, [3]);
    assert_eq!(found(store, "config.toml").await, [3]);
    assert_eq!(found(store, "привет").await, [4]);
}

pub async fn unspaced_scripts_are_found(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "明日東京で会いましょう"), indexed(2, "京都は東にある"), indexed(3, "ラーメンが好き")])
        .await;
    assert_eq!(found(&*store, "東京").await, [1]);
    assert_eq!(found(&*store, "ラーメン").await, [3]);
    assert_eq!(found(&*store, "東").await.len(), 2);
}

pub async fn search_matches_the_index_text(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let mut reply = indexed(1, "yes, on port 6380");
    reply.0.index_text = "is redis running?\nyes, on port 6380".into();
    upsert(&*store, [reply]).await;
    let hits = by_words(&*store, &everything(), "redis").await;
    assert_eq!(hits[0].message.content, "yes, on port 6380");
}

pub async fn an_edit_updates_the_index(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "the port is 6379")]).await;
    upsert(&*store, [indexed(1, "").edited(60, "the socket is 6380")]).await;
    assert_eq!(found(&*store, "port 6379").await, [] as [u64; 0]);
    assert_eq!(found(&*store, "6380").await, [1]);
}

pub async fn lexical_ties_order_by_id(backend: &impl Backend) {
    let store = backend.open(space()).await;
    for id in (1..=60).rev() {
        upsert(&*store, [indexed(id * 7 % 61, "herons again")]).await;
    }
    assert_eq!(found(&*store, "herons").await, (1..=10).collect::<Vec<u64>>());
}

pub async fn a_store_without_vectors_finds_words(backend: &impl Backend) {
    let store = backend.open(None).await;
    upsert(&*store, [indexed(1, "herons").no_vector(), indexed(2, "a vector has nowhere to go here")]).await;
    assert_eq!(found(&*store, "heron").await, [1]);
    assert_eq!(by_vector(&*store, &everything(), &vector(0, 0.0), 10).await, []);
    assert_eq!(stored(&*store).await, [1, 2]);
}

pub async fn idfs_are_the_same_in_every_store(backend: &impl Backend) {
    let store = backend.open(space()).await;
    assert_eq!(
        store.term_idfs(&everything(), "where is the heron?").await.unwrap().len(),
        1,
        "an empty store returns no idf"
    );
    let filler = (10..29).map(|id| indexed(id, "the pond is quiet"));
    upsert(&*store, filler.chain([indexed(1, "one heron, and another heron, near the pond")])).await;
    let mut idfs = store.term_idfs(&everything(), "Where are the herons of the crane pond?").await.unwrap();
    idfs.sort_by(f64::total_cmp);
    // Of 20 texts, all contain "pond", one "heron" and none "crane".
    let expected = [20.0, 1.0, 0.0].map(|frequency: f64| ((20.0 - frequency + 0.5) / (frequency + 0.5)).ln_1p());
    assert!(idfs.iter().zip(expected).all(|(is, should)| (is - should).abs() < 1e-4), "{idfs:?} {expected:?}");
    assert_eq!((idfs.len(), store.term_idfs(&everything(), "?!").await.unwrap()), (3, Vec::new()));
}

pub async fn a_term_outside_the_filter_has_the_idf_of_an_unknown_term(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let common = (1..=20).map(|id| indexed(id, "the heron is quiet").channel("10"));
    upsert(&*store, common.chain([indexed(40, "one crane").channel("20")])).await;
    let here = Filter::channels(everything().guild_id, vec!["10".into()]);
    let idf = async |filter: &Filter, word| store.term_idfs(filter, word).await.unwrap();
    assert_eq!(idf(&here, "crane").await, idf(&here, "zebra").await);
    assert!(idf(&everything(), "crane").await < idf(&everything(), "zebra").await);
    assert_eq!(idf(&here, "heron").await, idf(&everything(), "heron").await);
    let nowhere = Filter::channels(everything().guild_id, vec!["30".into()]);
    assert_eq!(idf(&nowhere, "heron").await, idf(&here, "zebra").await);
}
