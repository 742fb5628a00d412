//! The words leg: any text is safe, and what matches better stands higher.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{Filter, VectorStore};

async fn found(memory: &dyn VectorStore, text: &str) -> Vec<u64> {
    let hits = by_words(memory, &everything(), text).await;
    assert!(hits.iter().all(|hit| hit.score > 0.0 && hit.score.is_finite()), "{hits:?}");
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "{hits:?}");
    hit_ids(&hits)
}

pub async fn hostile_text_is_only_text(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let memory = &*memory;
    store(memory, [said(1, "the heron said hello to near and index_text")]).await;
    for nothing in ["", " ", "\0", "?!.,;:-()[]{}", "\"", "\"\"\"", "'", "*", "🎉🎉", "^", "\u{301}", "\u{200b}"] {
        assert_eq!(found(memory, nothing).await, [] as [u64; 0], "{nothing:?}");
    }
    let long_word = "x".repeat(10_000);
    for nothing in ["xyz\" OR \"1\"=\"1", "zzz*", "zz:top", "{zz yy}: qq", "\u{fffd}zz", "ﷺ", &long_word] {
        assert_eq!(found(memory, nothing).await, [] as [u64; 0], "{nothing:?}");
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
        assert_eq!(found(memory, heron).await, [1], "{heron:?}");
    }
    let long = format!("heron {}", "word ".repeat(2000));
    assert_eq!(found(memory, &long).await, [1]);
    let many = format!("heron {}", (0..3000).map(|n| format!("w{n} ")).collect::<String>());
    assert_eq!(found(memory, &many).await, [1]);
}

pub async fn a_rare_word_beats_a_common_one(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let common = (1..=30).map(|id| said(id, "deploy goes through staging"));
    store(&*memory, common.chain([said(50, "kubectl goes through staging")])).await;
    assert_eq!(found(&*memory, "kubectl deploy").await.first(), Some(&50));
}

pub async fn more_matching_words_rank_higher(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let filler = (100..150).map(|id| said(id, "something else entirely here"));
    store(
        &*memory,
        [said(1, "redis port missing there"), said(2, "redis port number there"), said(3, "redis there missing too")]
            .into_iter()
            .chain(filler),
    )
    .await;
    assert_eq!(found(&*memory, "what is the port number of redis?").await, [2, 1, 3]);
}

pub async fn a_short_message_beats_a_long_one(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let long = format!("heron {}", "other words ".repeat(40));
    let filler = (100..120).map(|id| said(id, "something else entirely here"));
    store(&*memory, [said(1, &long), said(2, "heron here")].into_iter().chain(filler)).await;
    assert_eq!(found(&*memory, "heron").await, [2, 1]);
}

pub async fn words_meet_in_other_forms(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let memory = &*memory;
    store(
        memory,
        [
            said(1, "We DEPLOYED the migrations yesterday"),
            said(2, "the café is closed, naïvely"),
            said(3, "run cargo_make with --all-features in config.toml"),
            said(4, "ПРИВЕТ мир"),
        ],
    )
    .await;
    assert_eq!(found(memory, "deploying a migration").await, [1]);
    assert_eq!(found(memory, "CAFE").await, [2]);
    assert_eq!(found(memory, "cafe\u{301}s").await, [2]);
    assert_eq!(found(memory, "make feature").await, [3]);
    assert_eq!(found(memory, "config.toml").await, [3]);
    assert_eq!(found(memory, "привет").await, [4]);
}

pub async fn unspaced_scripts_are_found(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "明日東京で会いましょう"), said(2, "京都は東にある"), said(3, "ラーメンが好き")]).await;
    assert_eq!(found(&*memory, "東京").await, [1]);
    assert_eq!(found(&*memory, "ラーメン").await, [3]);
    assert_eq!(found(&*memory, "東").await.len(), 2);
}

pub async fn the_index_text_is_what_is_searched(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let mut reply = said(1, "yes, on port 6380");
    reply.0.index_text = "is redis running?\nyes, on port 6380".into();
    store(&*memory, [reply]).await;
    let hits = by_words(&*memory, &everything(), "redis").await;
    assert_eq!(hits[0].message.content, "yes, on port 6380");
}

pub async fn an_edit_changes_what_is_found(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "the port is 6379")]).await;
    store(&*memory, [said(1, "").edited(60, "the socket is 6380")]).await;
    assert_eq!(found(&*memory, "port 6379").await, [] as [u64; 0]);
    assert_eq!(found(&*memory, "6380").await, [1]);
}

pub async fn lexical_ties_go_by_id(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    for id in (1..=60).rev() {
        store(&*memory, [said(id * 7 % 61, "herons again")]).await;
    }
    assert_eq!(found(&*memory, "herons").await, (1..=10).collect::<Vec<u64>>());
}

pub async fn a_store_without_vectors_finds_words(stage: &impl Stage) {
    let memory = stage.open(None).await;
    store(&*memory, [said(1, "herons").no_vector(), said(2, "a vector has nowhere to go here")]).await;
    assert_eq!(found(&*memory, "heron").await, [1]);
    assert_eq!(by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await, []);
    assert_eq!(stored(&*memory).await, [1, 2]);
}

pub async fn every_store_says_alike_how_telling_words_are(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    assert_eq!(
        memory.term_idfs(&everything(), "where is the heron?").await.unwrap().len(),
        1,
        "an empty store answers"
    );
    let filler = (10..29).map(|id| said(id, "the pond is quiet"));
    store(&*memory, filler.chain([said(1, "one heron, and another heron, near the pond")])).await;
    let mut telling = memory.term_idfs(&everything(), "Where are the herons of the crane pond?").await.unwrap();
    telling.sort_by(f64::total_cmp);
    // 20 texts: all of them, one of them, and none of them have the word.
    let expected = [20.0, 1.0, 0.0].map(|holders: f64| ((20.0 - holders + 0.5) / (holders + 0.5)).ln_1p());
    assert!(telling.iter().zip(expected).all(|(is, should)| (is - should).abs() < 1e-4), "{telling:?} {expected:?}");
    assert_eq!((telling.len(), memory.term_idfs(&everything(), "?!").await.unwrap()), (3, Vec::new()));
}

pub async fn a_word_said_elsewhere_is_as_telling_as_one_nobody_said(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let said_often = (1..=20).map(|id| said(id, "the heron is quiet").channel("10"));
    store(&*memory, said_often.chain([said(40, "one crane").channel("20")])).await;
    let here = Filter::channels(everything().guild_id, vec!["10".into()]);
    let telling = async |filter: &Filter, word| memory.term_idfs(filter, word).await.unwrap();
    assert_eq!(telling(&here, "crane").await, telling(&here, "zebra").await);
    assert!(telling(&everything(), "crane").await < telling(&everything(), "zebra").await);
    assert_eq!(telling(&here, "heron").await, telling(&everything(), "heron").await);
    let nowhere = Filter::channels(everything().guild_id, vec!["30".into()]);
    assert_eq!(telling(&nowhere, "heron").await, telling(&here, "zebra").await);
}
