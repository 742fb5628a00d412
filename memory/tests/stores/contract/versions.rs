//! A message is stored once, in its newest version, and stays removed after a permanent removal.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{Removal, StoreError};
use rtfm_shared::event::{Attachment, ChatMessage, MessageMetadata};
use serde_json::json;

pub async fn storing_twice_stores_once(backend: &impl Backend) {
    let store = backend.open(space()).await;
    for _ in 0..2 {
        upsert(&*store, [indexed(1, "once upon a time"), indexed(2, "again")]).await;
    }
    assert_eq!(stored(&*store).await, [1, 2]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "once").await), [1]);
    assert_eq!(hit_ids(&by_vector(&*store, &everything(), &vector(0, 0.0), 10).await), [1, 2]);
    // The messages are there when the store is opened again.
    drop(store);
    assert_eq!(stored(&*backend.open(space()).await).await, [1, 2]);
}

pub async fn newest_version_wins_in_any_order(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let original = indexed(1, "original");
    let edited = indexed(1, "").edited(50, "edited").vector(vector(3, 0.0));
    let again = indexed(1, "").edited(90, "edited again").vector(vector(4, 0.0));
    upsert(&*store, [original.clone()]).await;
    upsert(&*store, [again.clone()]).await;
    upsert(&*store, [edited]).await;
    upsert(&*store, [original]).await;
    assert_eq!(content(&*store, 1).await.as_deref(), Some("edited again"));
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "original").await), [] as [u64; 0]);
    let hits = by_vector(&*store, &everything(), &vector(4, 0.0), 10).await;
    assert_eq!(hits.len(), 1);
    assert!(hits[0].score > 0.999, "the vector is not the newest version's: {hits:?}");
    // An upsert of the same version replaces it, for instance with a better index text.
    let mut better = again;
    better.0.index_text = "edited again, in answer to a question about herons".into();
    upsert(&*store, [better]).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "heron").await), [1]);
}

pub async fn newest_version_wins_within_a_batch(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let newer = indexed(1, "").edited(50, "newer");
    upsert(&*store, [newer.clone(), indexed(1, "older"), indexed(2, "older"), indexed(2, "").edited(50, "newer")])
        .await;
    assert_eq!(content(&*store, 1).await.as_deref(), Some("newer"));
    assert_eq!(content(&*store, 2).await.as_deref(), Some("newer"));
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "older").await), [] as [u64; 0]);
    assert_eq!(stored(&*store).await, [1, 2]);
}

pub async fn concurrent_writers_leave_the_newest_version(backend: &impl Backend) {
    let reader = backend.open(space()).await;
    let write = async |first: i64| {
        let store = backend.open(space()).await;
        for version in (first..40).step_by(2) {
            upsert(&*store, [indexed(1, "").edited(50 + version, &format!("version {version}"))]).await;
            // An older version, as from a processor that lags behind.
            upsert(&*store, [indexed(1, "").edited(50 + version / 2, "behind")]).await;
        }
    };
    tokio::join!(write(0), write(1));
    assert_eq!(content(&*reader, 1).await.as_deref(), Some("version 39"));
}

pub async fn a_removed_message_stays_removed(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "secret plan"), indexed(2, "plan of the day")]).await;
    store.remove(&Removal::Messages(vec![1.into(), 3.into()])).await.unwrap();
    store.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(stored(&*store).await, [2]);
    let revived =
        [indexed(1, "secret plan"), indexed(2, "plan of the day"), indexed(1, "").edited(900, "secret plan, edited")];
    let left_out = store.upsert(revived.map(|indexed| indexed.0).to_vec()).await.unwrap();
    assert_eq!(left_out, ["1".into()], "upsert does not return each skipped message once");
    let messages = [1, 2, 3, 4, 1].map(|id| indexed(id, "again").0.message);
    assert_eq!(
        store.removed_among(&messages).await.unwrap(),
        ["1".into(), "3".into()],
        "removed_among does not return each removed message once"
    );
    assert!(store.removed_among(&[]).await.unwrap().is_empty());
    upsert(&*store, [indexed(3, "removed before it was ever seen"), indexed(4, "plan of tomorrow")]).await;
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "secret plan")]).await;
    assert_eq!(stored(&*store).await, [2, 4]);
    assert_eq!(content(&*store, 1).await, None);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "plan").await).len(), 2);
    // A channel can have the same id as a removed message.
    upsert(&*store, [indexed(5, "in a channel with a removed message's number").channel("1")]).await;
    assert_eq!(stored(&*store).await, [2, 4, 5]);
}

pub async fn a_removed_channel_stays_removed(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let here = |id| indexed(id, "herons").channel("77");
    upsert(&*store, [here(1), here(2), indexed(3, "herons").channel("78")]).await;
    store.remove(&Removal::Channel("77".into())).await.unwrap();
    store.remove(&Removal::Channel("77".into())).await.unwrap();
    let messages = [here(1), indexed(3, "herons").channel("78"), here(9)].map(|indexed| indexed.0.message);
    assert_eq!(store.removed_among(&messages).await.unwrap(), ["1".into(), "9".into()]);
    assert_eq!(stored(&*store).await, [3]);
    let upserted = [here(4), here(1), indexed(77, "not the channel").channel("78")];
    let left_out = store.upsert(upserted.map(|indexed| indexed.0).to_vec()).await.unwrap();
    assert_eq!(left_out, ["1".into(), "4".into()]);
    assert_eq!(stored(&*store).await, [3, 77]);
    let store = backend.open(space()).await;
    upsert(&*store, [here(5)]).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "herons").await), [3]);
}

pub async fn every_field_survives_a_round_trip(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let other = json!({
        "thread": {"depth": [1, 2.5, 0.1, 1e300, 123456789.12345679, -0.3, 18446744073709551615_u64]},
        "none": null, "yes": true, "näme": "wörld \u{0} 🎉", "": "empty key",
    });
    let full = ChatMessage {
        message_id: "1234567890123456789".into(),
        content: "tab\t newline\n nul\0 quote\" back\\ ünïcödé 🎉 日本語 \u{202e}rtl".to_owned(),
        username: "Ana \"the\" O'Hara 🐦".to_owned(),
        user_id: "user with a name".into(),
        channel_id: "general/ünï".into(),
        timestamp: "2026-11-02T12:34:56.789123456Z".parse().unwrap(),
        metadata: MessageMetadata {
            channel_name: Some("general".to_owned()),
            other: other.as_object().unwrap().clone(),
            ..MessageMetadata::default()
        },
        guild_id: Some("18446744073709551615".into()),
        edited_at: Some("2026-11-03T00:00:00.000000001Z".parse().unwrap()),
        reply_to: Some("1234567890123456788".into()),
        thread_id: Some("1234567890123456780".into()),
        parent_id: Some("1234567890123456779".into()),
        attachments: vec![
            Attachment {
                id: "9".to_owned(),
                filename: "plän.pdf".to_owned(),
                content_type: Some("application/pdf".to_owned()),
                size: u64::MAX,
                url: "https://cdn.example/a?b=c&d=e".to_owned(),
            },
            Attachment::default(),
        ],
    };
    let bare = ChatMessage {
        message_id: "0007".into(),
        channel_id: "c".into(),
        reply_to: Some("not-a-snowflake".into()),
        timestamp: "-000044-03-15T12:00:00Z".parse().unwrap(),
        ..ChatMessage::default()
    };
    for message in [&full, &bare] {
        let mut stored = indexed(0, "found by heron");
        stored.0.message = message.clone();
        upsert(&*store, [stored]).await;
    }
    assert_eq!(
        store.get(&[full.message_id.clone(), bare.message_id.clone()]).await.unwrap(),
        [bare.clone(), full.clone()]
    );
    assert_eq!(store.get(&["7".into()]).await.unwrap().first(), Some(&bare));
    let mut found: Vec<_> =
        by_words(&*store, &everything(), "heron").await.into_iter().map(|hit| hit.message).collect();
    found.sort_by_key(|message| message.message_id.snowflake());
    assert_eq!(found, [bare, full]);
}

pub async fn ids_cover_the_whole_u64_range(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let numbers = [0, 9, 10, 1_234_567_890_123_456_789, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    let mut backwards: Vec<TestMessage> = numbers.iter().map(|id| indexed(*id, "number")).collect();
    for indexed in &mut backwards {
        indexed.0.message.timestamp = at(0);
    }
    backwards.reverse();
    upsert(&*store, backwards).await;
    assert_eq!(stored(&*store).await, numbers);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "number").await), numbers);
    assert_eq!(hit_ids(&by_vector(&*store, &everything(), &vector(0, 0.0), 10).await), numbers);
    let after = store.scroll(&everything(), Some(&(i64::MAX as u64).into()), 10).await.unwrap();
    assert_eq!(ids(&after), [i64::MAX as u64 + 1, u64::MAX]);
    store.remove(&Removal::Messages(vec![u64::MAX.into(), 0.into()])).await.unwrap();
    assert_eq!(stored(&*store).await, numbers[1..6]);
}

pub async fn a_non_snowflake_id_is_refused(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let mut bad = indexed(1, "bad");
    bad.0.message.message_id = "abc".into();
    let refused = store.upsert(vec![indexed(2, "good").0, bad.0]).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(stored(&*store).await, [] as [u64; 0], "a batch is stored partially");
    assert_eq!(store.get(&["abc".into()]).await.unwrap(), []);
    store.remove(&Removal::Messages(vec!["abc".into()])).await.unwrap();
}
