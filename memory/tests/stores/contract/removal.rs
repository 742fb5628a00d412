//! A removal removes exactly what it names.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{Removal, SearchRequest};

fn author(user: &str, guild: Option<&str>, until: i64) -> Removal {
    Removal::Author { user_id: user.into(), guild_id: guild.map(Into::into), until: at(until) }
}

pub async fn an_author_is_removed_up_to_an_instant(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let bo = |id, guild: &str| indexed(id, "herons").author("502").guild(guild);
    upsert(&*store, [bo(1, "1"), bo(2, "2"), bo(3, ""), indexed(4, "herons"), bo(5, "1"), bo(6, "1")]).await;
    store.remove(&author("502", None, 5)).await.unwrap();
    assert_eq!(stored(&*store).await, [4, 6], "the instant itself is included");
    // The author can write again, and even a removed message can be stored again.
    upsert(&*store, [bo(1, "1"), bo(7, "1")]).await;
    assert_eq!(stored(&*store).await, [1, 4, 6, 7]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "herons").await), [1, 4, 6, 7]);
}

pub async fn an_author_is_removed_from_one_guild(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let bo = |id, guild: &str| indexed(id, "herons").author("502").guild(guild);
    upsert(&*store, [bo(1, "1"), bo(2, "2"), bo(3, ""), indexed(4, "herons").guild("2")]).await;
    store.remove(&author("502", Some("2"), 100)).await.unwrap();
    assert_eq!(stored(&*store).await, [1, 3, 4]);
    store.remove(&author("502", Some("9"), 100)).await.unwrap();
    assert_eq!(stored(&*store).await, [1, 3, 4]);
}

pub async fn an_unlisted_message_can_be_stored_again(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "herons"), indexed(2, "herons"), indexed(3, "herons")]).await;
    store.remove(&Removal::Unlisted(vec![1.into(), 3.into(), 9.into()])).await.unwrap();
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "herons").await), [2]);
    upsert(&*store, [indexed(3, "herons")]).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "herons").await), [2, 3]);
    store.remove(&Removal::Unlisted(vec![])).await.unwrap();
    assert_eq!(stored(&*store).await, [2, 3]);
}

pub async fn a_guild_is_removed_up_to_an_instant(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [indexed(1, "a"), indexed(2, "b").guild("2"), indexed(3, "c").guild(""), indexed(4, "d"), indexed(5, "e")],
    )
    .await;
    store.remove(&Removal::Guild { guild_id: "1".into(), until: at(4) }).await.unwrap();
    assert_eq!(stored(&*store).await, [2, 3, 5]);
    upsert(&*store, [indexed(1, "a")]).await;
    assert_eq!(stored(&*store).await, [1, 2, 3, 5]);
    store.remove(&Removal::Guild { guild_id: "1".into(), until: at(100) }).await.unwrap();
    assert_eq!(store.guilds().await.unwrap(), ["2".into()]);
}

pub async fn removed_messages_are_not_found(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        (1..=40).map(|id| indexed(id, "herons").reply_to(1).channel(if id % 2 == 0 { "20" } else { "10" })),
    )
    .await;
    store.remove(&Removal::Messages((1..=40).filter(|id| id % 4 == 0).map(Into::into).collect())).await.unwrap();
    store.remove(&Removal::Channel("10".into())).await.unwrap();
    let rest: Vec<u64> = (1..=40).filter(|id| id % 4 == 2).collect();
    let all = everything();
    let query = vector(0, 0.0);
    let request = SearchRequest { filter: &all, text: "herons", vector: Some(&query), limit: 100 };
    let legs = store.search(request).await.unwrap();
    assert_eq!(hit_ids(&legs.dense), rest);
    assert_eq!(hit_ids(&legs.lexical), rest);
    assert_eq!(ids(&store.replies(&[1.into()]).await.unwrap()), rest);
    assert_eq!(stored(&*store).await, rest);
}

pub async fn removing_unknown_ids_succeeds(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "a")]).await;
    for removal in [
        Removal::Messages(vec![]),
        Removal::Messages(vec![99.into()]),
        Removal::Channel("99".into()),
        author("99", None, 100),
        Removal::Guild { guild_id: "99".into(), until: at(100) },
    ] {
        store.remove(&removal).await.unwrap();
    }
    assert_eq!(stored(&*store).await, [1]);
}

pub async fn removing_a_thread_removes_its_messages(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let mut inside = indexed(1, "in the thread").channel("10");
    inside.0.message.thread_id = Some("30".into());
    upsert(&*store, [inside.clone(), indexed(2, "beside it").channel("10"), indexed(3, "in it").channel("30")]).await;
    store.remove(&Removal::Channel("30".into())).await.unwrap();
    assert_eq!(stored(&*store).await, [2]);
    upsert(&*store, [inside]).await;
    assert_eq!(stored(&*store).await, [2]);
}

pub async fn removing_a_channel_removes_its_threads(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let in_thread = |id: u64, thread: &str, parent: &str| {
        let mut indexed = indexed(id, "herons").channel(thread);
        indexed.0.message.thread_id = Some(thread.into());
        indexed.0.message.parent_id = Some(parent.into());
        indexed
    };
    let all = [in_thread(1, "30", "10"), in_thread(2, "31", "10"), in_thread(3, "32", "11"), indexed(4, "herons")];
    upsert(&*store, all.clone()).await;
    upsert(&*store, [indexed(5, "herons").channel("20")]).await;
    // The removal names only the channel. Discord does not list a channel's archived threads.
    store.remove(&Removal::Channel("10".into())).await.unwrap();
    assert_eq!(stored(&*store).await, [3, 5]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "herons").await), [3, 5]);
    let messages: Vec<_> = all.iter().map(|indexed| indexed.0.message.clone()).collect();
    assert_eq!(store.removed_among(&messages).await.unwrap(), [1.into(), 2.into(), 4.into()]);
    let left_out = store.upsert(all.into_iter().map(|indexed| indexed.0).collect()).await.unwrap();
    assert_eq!(left_out, [1.into(), 2.into(), 4.into()]);
    upsert(&*store, [in_thread(6, "33", "10")]).await;
    assert_eq!(stored(&*store).await, [3, 5], "messages of removed threads are stored again");
}
