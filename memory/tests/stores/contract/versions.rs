//! One message is stored once, in its newest version, and never again after it was removed.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{Removal, StoreError};
use rtfm_shared::event::{Attachment, ChatMessage, MessageMetadata};
use serde_json::json;

pub async fn stored_twice_is_stored_once(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    for _ in 0..2 {
        store(&*memory, [said(1, "once upon a time"), said(2, "again")]).await;
    }
    assert_eq!(stored(&*memory).await, [1, 2]);
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "once").await), [1]);
    assert_eq!(hit_ids(&by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await), [1, 2]);
    // It is still there for who opens it next.
    drop(memory);
    assert_eq!(stored(&*stage.open(space()).await).await, [1, 2]);
}

pub async fn a_newer_version_wins_in_any_order(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let original = said(1, "original");
    let edited = said(1, "").edited(50, "edited").vector(vector(3, 0.0));
    let again = said(1, "").edited(90, "edited again").vector(vector(4, 0.0));
    store(&*memory, [original.clone()]).await;
    store(&*memory, [again.clone()]).await;
    store(&*memory, [edited]).await;
    store(&*memory, [original]).await;
    assert_eq!(content(&*memory, 1).await.as_deref(), Some("edited again"));
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "original").await), [] as [u64; 0]);
    let hits = by_vector(&*memory, &everything(), &vector(4, 0.0), 10).await;
    assert_eq!(hits.len(), 1);
    assert!(hits[0].score > 0.999, "the vector is the newest one's: {hits:?}");
    // The same version may come again, for instance with a better index text.
    let mut better = again;
    better.0.index_text = "edited again, in answer to a question about herons".into();
    store(&*memory, [better]).await;
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "heron").await), [1]);
}

pub async fn a_newer_version_wins_within_a_batch(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let newer = said(1, "").edited(50, "newer");
    store(&*memory, [newer.clone(), said(1, "older"), said(2, "older"), said(2, "").edited(50, "newer")]).await;
    assert_eq!(content(&*memory, 1).await.as_deref(), Some("newer"));
    assert_eq!(content(&*memory, 2).await.as_deref(), Some("newer"));
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "older").await), [] as [u64; 0]);
    assert_eq!(stored(&*memory).await, [1, 2]);
}

pub async fn writers_at_one_time_leave_the_newest(stage: &impl Stage) {
    let reader = stage.open(space()).await;
    let write = async |first: i64| {
        let memory = stage.open(space()).await;
        for version in (first..40).step_by(2) {
            store(&*memory, [said(1, "").edited(50 + version, &format!("version {version}"))]).await;
            // An older one, as from a processor that is behind.
            store(&*memory, [said(1, "").edited(50 + version / 2, "behind")]).await;
        }
    };
    tokio::join!(write(0), write(1));
    assert_eq!(content(&*reader, 1).await.as_deref(), Some("version 39"));
}

pub async fn a_removed_message_stays_removed(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "secret plan"), said(2, "plan of the day")]).await;
    memory.remove(&Removal::Messages(vec![1.into(), 3.into()])).await.unwrap();
    memory.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(stored(&*memory).await, [2]);
    let revived = [said(1, "secret plan"), said(2, "plan of the day"), said(1, "").edited(900, "secret plan, edited")];
    let left_out = memory.upsert(revived.map(|said| said.0).to_vec()).await.unwrap();
    assert_eq!(left_out, ["1".into()], "it says which stay removed, each once");
    let asked = [1, 2, 3, 4, 1].map(|id| said(id, "again").0.message);
    assert_eq!(memory.removed_among(&asked).await.unwrap(), ["1".into(), "3".into()], "and says so beforehand");
    assert!(memory.removed_among(&[]).await.unwrap().is_empty());
    store(&*memory, [said(3, "removed before it was ever seen"), said(4, "plan of tomorrow")]).await;
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "secret plan")]).await;
    assert_eq!(stored(&*memory).await, [2, 4]);
    assert_eq!(content(&*memory, 1).await, None);
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "plan").await).len(), 2);
    // A channel may have the number that a message had.
    store(&*memory, [said(5, "in a channel with a removed message's number").channel("1")]).await;
    assert_eq!(stored(&*memory).await, [2, 4, 5]);
}

pub async fn a_removed_channel_stays_removed(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let here = |id| said(id, "herons").channel("77");
    store(&*memory, [here(1), here(2), said(3, "herons").channel("78")]).await;
    memory.remove(&Removal::Channel("77".into())).await.unwrap();
    memory.remove(&Removal::Channel("77".into())).await.unwrap();
    let asked = [here(1), said(3, "herons").channel("78"), here(9)].map(|said| said.0.message);
    assert_eq!(memory.removed_among(&asked).await.unwrap(), ["1".into(), "9".into()]);
    assert_eq!(stored(&*memory).await, [3]);
    let upserted = [here(4), here(1), said(77, "not the channel").channel("78")];
    let left_out = memory.upsert(upserted.map(|said| said.0).to_vec()).await.unwrap();
    assert_eq!(left_out, ["1".into(), "4".into()]);
    assert_eq!(stored(&*memory).await, [3, 77]);
    let memory = stage.open(space()).await;
    store(&*memory, [here(5)]).await;
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "herons").await), [3]);
}

pub async fn every_field_survives(stage: &impl Stage) {
    let memory = stage.open(space()).await;
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
        let mut kept = said(0, "found by heron");
        kept.0.message = message.clone();
        store(&*memory, [kept]).await;
    }
    assert_eq!(
        memory.get(&[full.message_id.clone(), bare.message_id.clone()]).await.unwrap(),
        [bare.clone(), full.clone()]
    );
    assert_eq!(memory.get(&["7".into()]).await.unwrap().first(), Some(&bare));
    let mut found: Vec<_> =
        by_words(&*memory, &everything(), "heron").await.into_iter().map(|hit| hit.message).collect();
    found.sort_by_key(|message| message.message_id.snowflake());
    assert_eq!(found, [bare, full]);
}

pub async fn ids_are_numbers_up_to_the_last(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let numbers = [0, 9, 10, 1_234_567_890_123_456_789, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    let mut backwards: Vec<Said> = numbers.iter().map(|id| said(*id, "number")).collect();
    for said in &mut backwards {
        said.0.message.timestamp = at(0);
    }
    backwards.reverse();
    store(&*memory, backwards).await;
    assert_eq!(stored(&*memory).await, numbers);
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "number").await), numbers);
    assert_eq!(hit_ids(&by_vector(&*memory, &everything(), &vector(0, 0.0), 10).await), numbers);
    let after = memory.scroll(&everything(), Some(&(i64::MAX as u64).into()), 10).await.unwrap();
    assert_eq!(ids(&after), [i64::MAX as u64 + 1, u64::MAX]);
    memory.remove(&Removal::Messages(vec![u64::MAX.into(), 0.into()])).await.unwrap();
    assert_eq!(stored(&*memory).await, numbers[1..6]);
}

pub async fn an_id_that_is_no_snowflake_is_refused(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let mut bad = said(1, "bad");
    bad.0.message.message_id = "abc".into();
    let refused = memory.upsert(vec![said(2, "good").0, bad.0]).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(stored(&*memory).await, [] as [u64; 0], "all of a batch or nothing");
    assert_eq!(memory.get(&["abc".into()]).await.unwrap(), []);
    memory.remove(&Removal::Messages(vec!["abc".into()])).await.unwrap();
}
