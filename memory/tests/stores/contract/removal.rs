//! What must be forgotten is forgotten, and nothing else.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{Removal, SearchRequest};

fn author(user: &str, guild: Option<&str>, until: i64) -> Removal {
    Removal::Author { user_id: user.into(), guild_id: guild.map(Into::into), until: at(until) }
}

pub async fn an_author_is_forgotten_up_to_an_instant(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let bo = |id, guild: &str| said(id, "herons").author("502").guild(guild);
    store(&*memory, [bo(1, "1"), bo(2, "2"), bo(3, ""), said(4, "herons"), bo(5, "1"), bo(6, "1")]).await;
    memory.remove(&author("502", None, 5)).await.unwrap();
    assert_eq!(stored(&*memory).await, [4, 6], "the instant itself is included");
    // They may speak again, and even what was forgotten may be stored again.
    store(&*memory, [bo(1, "1"), bo(7, "1")]).await;
    assert_eq!(stored(&*memory).await, [1, 4, 6, 7]);
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "herons").await), [1, 4, 6, 7]);
}

pub async fn an_author_is_forgotten_in_one_guild(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let bo = |id, guild: &str| said(id, "herons").author("502").guild(guild);
    store(&*memory, [bo(1, "1"), bo(2, "2"), bo(3, ""), said(4, "herons").guild("2")]).await;
    memory.remove(&author("502", Some("2"), 100)).await.unwrap();
    assert_eq!(stored(&*memory).await, [1, 3, 4]);
    memory.remove(&author("502", Some("9"), 100)).await.unwrap();
    assert_eq!(stored(&*memory).await, [1, 3, 4]);
}

pub async fn an_unlisted_message_may_come_back(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "herons"), said(2, "herons"), said(3, "herons")]).await;
    memory.remove(&Removal::Unlisted(vec![1.into(), 3.into(), 9.into()])).await.unwrap();
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "herons").await), [2]);
    store(&*memory, [said(3, "herons")]).await;
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "herons").await), [2, 3]);
    memory.remove(&Removal::Unlisted(vec![])).await.unwrap();
    assert_eq!(stored(&*memory).await, [2, 3]);
}

pub async fn a_guild_is_forgotten_up_to_an_instant(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "a"), said(2, "b").guild("2"), said(3, "c").guild(""), said(4, "d"), said(5, "e")]).await;
    memory.remove(&Removal::Guild { guild_id: "1".into(), until: at(4) }).await.unwrap();
    assert_eq!(stored(&*memory).await, [2, 3, 5]);
    store(&*memory, [said(1, "a")]).await;
    assert_eq!(stored(&*memory).await, [1, 2, 3, 5]);
    memory.remove(&Removal::Guild { guild_id: "1".into(), until: at(100) }).await.unwrap();
    assert_eq!(memory.guilds().await.unwrap(), ["2".into()]);
}

pub async fn what_is_removed_is_not_found(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, (1..=40).map(|id| said(id, "herons").reply_to(1).channel(if id % 2 == 0 { "20" } else { "10" })))
        .await;
    memory.remove(&Removal::Messages((1..=40).filter(|id| id % 4 == 0).map(Into::into).collect())).await.unwrap();
    memory.remove(&Removal::Channel("10".into())).await.unwrap();
    let rest: Vec<u64> = (1..=40).filter(|id| id % 4 == 2).collect();
    let all = everything();
    let query = vector(0, 0.0);
    let request = SearchRequest { filter: &all, text: "herons", vector: Some(&query), limit: 100 };
    let legs = memory.search(request).await.unwrap();
    assert_eq!(hit_ids(&legs.dense), rest);
    assert_eq!(hit_ids(&legs.lexical), rest);
    assert_eq!(ids(&memory.replies(&[1.into()]).await.unwrap()), rest);
    assert_eq!(stored(&*memory).await, rest);
}

pub async fn removing_what_is_not_there_is_fine(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "a")]).await;
    for removal in [
        Removal::Messages(vec![]),
        Removal::Messages(vec![99.into()]),
        Removal::Channel("99".into()),
        author("99", None, 100),
        Removal::Guild { guild_id: "99".into(), until: at(100) },
    ] {
        memory.remove(&removal).await.unwrap();
    }
    assert_eq!(stored(&*memory).await, [1]);
}

pub async fn a_thread_goes_with_its_messages(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let mut inside = said(1, "in the thread").channel("10");
    inside.0.message.thread_id = Some("30".into());
    store(&*memory, [inside.clone(), said(2, "beside it").channel("10"), said(3, "in it").channel("30")]).await;
    memory.remove(&Removal::Channel("30".into())).await.unwrap();
    assert_eq!(stored(&*memory).await, [2]);
    store(&*memory, [inside]).await;
    assert_eq!(stored(&*memory).await, [2]);
}

pub async fn a_channel_takes_the_threads_along_that_hang_on_it(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let in_thread = |id: u64, thread: &str, parent: &str| {
        let mut said = said(id, "herons").channel(thread);
        said.0.message.thread_id = Some(thread.into());
        said.0.message.parent_id = Some(parent.into());
        said
    };
    let all = [in_thread(1, "30", "10"), in_thread(2, "31", "10"), in_thread(3, "32", "11"), said(4, "herons")];
    store(&*memory, all.clone()).await;
    store(&*memory, [said(5, "herons").channel("20")]).await;
    // Nobody names the threads, archived ones above all.
    memory.remove(&Removal::Channel("10".into())).await.unwrap();
    assert_eq!(stored(&*memory).await, [3, 5]);
    assert_eq!(hit_ids(&by_words(&*memory, &everything(), "herons").await), [3, 5]);
    let messages: Vec<_> = all.iter().map(|said| said.0.message.clone()).collect();
    assert_eq!(memory.removed_among(&messages).await.unwrap(), [1.into(), 2.into(), 4.into()]);
    let left_out = memory.upsert(all.into_iter().map(|said| said.0).collect()).await.unwrap();
    assert_eq!(left_out, [1.into(), 2.into(), 4.into()]);
    store(&*memory, [in_thread(6, "33", "10")]).await;
    assert_eq!(stored(&*memory).await, [3, 5], "they stay removed, those too that were never stored");
}
