//! The index pipeline with a real store: search finds messages, and changes and removals reach every context.

use crate::common::{CountingEmbedder, FailingEmbedder, SwitchableEmbedder, created, deleted, found, memory, said};
use rtfm_memory::store::{Filter, MessageStore, SearchRequest, SqliteStore};
use rtfm_models::embed::{EmbedError, Embedder};
use rtfm_processor::index::IndexPipeline;
use rtfm_shared::{
    event::{AuthorForgotten, ChannelDeleted, GuildLeft, MessageEvent},
    resilience::{Class, Classify},
};
use std::sync::{Arc, atomic::Ordering};

#[tokio::test]
async fn a_message_is_found_by_its_words_and_by_its_context() {
    let memory = memory().await;
    let (question, answer) = (said(1, "10", "ana", "which zebra port?"), said(2, "10", "ben", "8080, as ever"));
    memory.index.apply(&[created(&question), created(&answer)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [1, 2], "the question finds its answer");
    assert_eq!(found(&*memory.store, "8080").await, [2]);
}

#[tokio::test]
async fn an_edit_changes_every_context() {
    let memory = memory().await;
    let messages = [said(1, "10", "ana", "zebra"), said(2, "10", "ben", "two"), said(3, "10", "eve", "three")];
    memory.index.apply(messages.iter().map(created).collect::<Vec<_>>().iter()).await.unwrap();
    let mut edited = said(1, "10", "ana", "giraffe");
    edited.edited_at = Some(jiff::Timestamp::now());
    memory.index.apply(&[MessageEvent::Updated(edited)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert_eq!(found(&*memory.store, "giraffe").await, [1, 2, 3]);
    // A redelivery of the original changes nothing.
    memory.index.apply(&[created(&messages[0])]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_deleted_text_disappears_from_all_contexts() {
    let memory = memory().await;
    let mut reply = said(9, "10", "dan", "late reply");
    reply.reply_to = Some(2.into());
    let said: Vec<_> = (1..=8).map(|id| said(id, "10", "ana", if id == 2 { "zebra" } else { "word" })).collect();
    memory.index.apply(said.iter().chain([&reply]).map(created).collect::<Vec<_>>().iter()).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [2, 3, 4, 5, 6, 9]);
    memory.index.apply(&[deleted("10", &[2])]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert_eq!(found(&*memory.store, "word").await, [1, 3, 4, 5, 6, 7, 8, 9], "the other messages remain");

    // A backfill that read the message just before its deletion must not restore it, not even as context.
    memory
        .index
        .apply(&[created(&said[1]), created(&crate::common::said(3, "10", "ana", "word again"))])
        .await
        .unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_bulk_deletion_disappears_from_later_contexts() {
    let memory = memory().await;
    let said: Vec<_> =
        (1..=30).map(|id| said(id, "10", "spam", if (5..25).contains(&id) { "zebra" } else { "word" })).collect();
    memory.index.apply(said.iter().map(created).collect::<Vec<_>>().iter()).await.unwrap();
    memory.index.apply(&[deleted("10", &(5..25).collect::<Vec<_>>())]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert_eq!(memory.store.count(&rtfm_memory::store::Filter::everything(None)).await.unwrap(), 10);
}

#[tokio::test]
async fn a_late_message_enters_the_contexts_after_it() {
    let memory = memory().await;
    let later: Vec<_> = (10..16).map(|id| created(&said(id, "10", "ben", "word"))).collect();
    memory.index.apply(&later).await.unwrap();
    memory.index.apply(&[created(&said(5, "10", "ana", "zebra"))]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [5, 10, 11, 12, 13]);
}

#[tokio::test]
async fn contexts_never_cross_channels() {
    let memory = memory().await;
    let mut reply = said(2, "20", "ben", "public word");
    reply.reply_to = Some(1.into());
    memory.index.apply(&[created(&said(1, "10", "ana", "zebra secret")), created(&reply)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [1]);
}

#[tokio::test]
async fn forgetting_an_author_removes_messages_and_contexts() {
    let memory = memory().await;
    let said: Vec<_> = (1..=1200)
        .map(|id| if id % 2 == 0 { said(id, "10", "ana", "zebra") } else { said(id, "10", "ben", "word") })
        .collect();
    for batch in said.chunks(300) {
        memory.index.apply(batch.iter().map(created).collect::<Vec<_>>().iter()).await.unwrap();
    }
    let forgotten = AuthorForgotten { user_id: "u-ana".into(), guild_id: None, timestamp: said[1199].timestamp };
    memory.index.apply(&[MessageEvent::AuthorForgotten(forgotten)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    assert_eq!(memory.store.count(&rtfm_memory::store::Filter::everything(None)).await.unwrap(), 600);

    memory.index.apply(&[created(&crate::common::said(2000, "10", "ana", "zebra later"))]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [2000], "later messages remain");
    let gone = ChannelDeleted { channel_id: "10".into(), guild_id: None, timestamp: jiff::Timestamp::now() };
    memory.index.apply(&[MessageEvent::ChannelDeleted(gone)]).await.unwrap();
    assert_eq!(memory.store.count(&rtfm_memory::store::Filter::everything(None)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_left_guild_is_removed_and_may_return() {
    let memory = memory().await;
    let first = said(1, "10", "ana", "zebra");
    memory.index.apply(&[created(&first)]).await.unwrap();
    let left = GuildLeft { guild_id: crate::common::GUILD.into(), timestamp: jiff::Timestamp::now() };
    memory.index.apply(&[MessageEvent::GuildLeft(left)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    memory.index.apply(&[created(&first)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [1], "a bot that rejoins may read the history again");
}

#[tokio::test]
async fn a_question_to_the_bot_is_not_indexed() {
    let memory = memory().await;
    let mut question = said(1, "10", "ana", "RTFM where is the zebra?");
    question.metadata.asks_bot = true;
    memory.index.apply(&[created(&question)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
}

#[tokio::test]
async fn an_edit_can_turn_a_message_into_a_question_and_back() {
    let memory = memory().await;
    let version = |content: &str, seconds: i64, asks_bot: bool| {
        let mut message = said(1, "10", "ana", content);
        message.edited_at = Some(message.timestamp + jiff::SignedDuration::from_secs(seconds));
        message.metadata.asks_bot = asks_bot;
        MessageEvent::Updated(message)
    };
    memory
        .index
        .apply(&[created(&said(1, "10", "ana", "zebra")), created(&said(2, "10", "ben", "word"))])
        .await
        .unwrap();
    memory.index.apply(&[version("RTFM zebra?", 1, true)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [] as [u64; 0]);
    memory.index.apply(&[version("zebra after all", 2, false)]).await.unwrap();
    assert_eq!(found(&*memory.store, "zebra").await, [1, 2]);
}

#[tokio::test]
async fn a_redelivery_embeds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let counting = Arc::new(CountingEmbedder::default());
    let space = rtfm_memory::store::EmbeddingSpace { name: counting.name().to_owned(), dimension: 4 };
    let store = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    let index = IndexPipeline::new(store, Some(counting.clone()));
    let batch: Vec<_> = (1..=50).map(|id| created(&said(id, "10", "ana", &format!("word {id}")))).collect();
    index.apply(&batch).await.unwrap();
    index.apply(&batch).await.unwrap();
    assert_eq!(counting.0.load(Ordering::SeqCst), 50);
}

#[tokio::test]
async fn a_deletion_does_not_wait_for_an_embedder() {
    let directory = tempfile::tempdir().unwrap();
    let embedder = Arc::new(SwitchableEmbedder::default());
    let space = rtfm_memory::store::EmbeddingSpace { name: embedder.name().to_owned(), dimension: 4 };
    let store = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    let index = IndexPipeline::new(store.clone(), Some(embedder.clone()));
    index.apply(&[created(&said(1, "10", "ana", "zebra")), created(&said(2, "10", "ben", "word"))]).await.unwrap();
    embedder.away.store(true, Ordering::SeqCst);

    let batch = [created(&said(3, "10", "eve", "waits for its vector")), deleted("10", &[1])];
    assert!(index.apply(&batch).await.is_err(), "the new message waits");
    assert_eq!(found(&*store, "zebra").await, [] as [u64; 0], "the deleted message is gone from contexts too");
    assert_eq!(found(&*store, "word").await, [2]);

    embedder.away.store(false, Ordering::SeqCst);
    index.apply(&batch).await.unwrap();
    assert_eq!(found(&*store, "waits").await, [3]);
    assert_eq!(found(&*store, "zebra").await, [] as [u64; 0]);
}

/// A store whose embedder fails in this way on texts with this word.
async fn failing_on(
    word: &'static str,
    how: fn(String) -> EmbedError,
) -> (IndexPipeline, Arc<SqliteStore>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let embedder = Arc::new(FailingEmbedder(word, how));
    let space = rtfm_memory::store::EmbeddingSpace { name: embedder.name().to_owned(), dimension: 4 };
    let store = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    (IndexPipeline::new(store.clone(), Some(embedder)), store, directory)
}

#[tokio::test]
async fn a_message_that_cannot_be_embedded_is_stored_without_a_vector_and_blocks_no_other() {
    for how in [EmbedError::Failed, EmbedError::Refused] {
        let (index, store, _directory) = failing_on("peanut", how).await;
        let text = |id| if id == 17 { "zebra peanut" } else { "zebra" };
        // One channel per message, so that none is another's context.
        let batch: Vec<_> = (1..=50).map(|id| created(&said(id, &id.to_string(), "ana", text(id)))).collect();
        index.apply(&batch).await.unwrap();
        assert_eq!(found(&*store, "zebra").await, (1..=50).collect::<Vec<u64>>());
        assert_eq!(found(&*store, "peanut").await, [17]);
        let filter = Filter::everything(None);
        let request = SearchRequest { filter: &filter, text: "", vector: Some(&[0.5; 4]), limit: 100 };
        let near = store.search(request).await.unwrap().dense;
        assert_eq!(near.len(), 49);
        assert!(near.iter().all(|hit| hit.message.message_id.0 != "17"));
    }
}

#[tokio::test]
async fn indexing_waits_for_an_embedder_that_fails_on_everything() {
    for how in [EmbedError::Failed, EmbedError::Refused] {
        let (index, store, _directory) = failing_on("", how).await;
        let batch: Vec<_> = (1..=5).map(|id| created(&said(id, "10", "ana", "zebra"))).collect();
        let error = index.apply(&batch).await.unwrap_err();
        assert_eq!(error.class(), Class::DependencyDown, "{error}");
        assert_eq!(found(&*store, "zebra").await, [] as [u64; 0]);
    }
}

#[tokio::test]
async fn a_removed_message_that_is_imported_again_is_neither_embedded_nor_a_context() {
    let directory = tempfile::tempdir().unwrap();
    let counting = Arc::new(CountingEmbedder::default());
    let space = rtfm_memory::store::EmbeddingSpace { name: counting.name().to_owned(), dimension: 4 };
    let store = Arc::new(SqliteStore::open(directory.path(), Some(space)).await.unwrap());
    let index = IndexPipeline::new(store.clone(), Some(counting.clone()));
    let secret = created(&said(1, "10", "ana", "zebra secret"));
    index.apply(std::slice::from_ref(&secret)).await.unwrap();
    index.apply(&[deleted("10", &[1])]).await.unwrap();
    let before = counting.0.load(Ordering::SeqCst);
    index.apply(&[secret, created(&said(2, "10", "ben", "word"))]).await.unwrap();
    assert_eq!(counting.0.load(Ordering::SeqCst), before + 1, "only the new message is embedded, once");
    assert_eq!(found(&*store, "zebra").await, [] as [u64; 0]);
    assert_eq!(found(&*store, "word").await, [2]);
}
