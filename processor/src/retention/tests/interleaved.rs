//! Two processors on one store: one of them works between two steps of the other.

use super::{created, said, stages};
use crate::index::IndexPipeline;
use jiff::Timestamp;
use rtfm_memory::store::{DecoratedStore, MessageStore, StoreDecorator, Write};
use rtfm_shared::event::{AuthorForgotten, MessageEvent};
use std::sync::{Arc, Mutex};

/// Applies another processor's event before one of a store's writes.
#[derive(Debug)]
struct InterruptedStore {
    /// The write to interrupt, the other processor, and its event.
    interruption: Mutex<Option<(&'static str, IndexPipeline, MessageEvent)>>,
}

impl InterruptedStore {
    fn index(store: &Arc<dyn MessageStore>, before: &'static str, event: MessageEvent) -> IndexPipeline {
        let other = IndexPipeline::new(store.clone(), None);
        let decorator = Self { interruption: Mutex::new(Some((before, other, event))) };
        IndexPipeline::new(Arc::new(DecoratedStore { store: store.clone(), decorator }), None)
    }
}

impl StoreDecorator for InterruptedStore {
    async fn before(&self, write: Write<'_>) {
        let write = match write {
            Write::Upsert(_) => "upsert",
            Write::Reindex(_) => "renew",
            Write::Remove(_) => "remove",
        };
        let interruption = self.interruption.lock().unwrap().take_if(|(before, ..)| *before == write);
        if let Some((_, other, event)) = interruption {
            other.apply(&[event]).await.unwrap();
        }
    }
}

fn ana_is_forgotten() -> MessageEvent {
    MessageEvent::AuthorForgotten(AuthorForgotten {
        user_id: "ana".into(),
        guild_id: None,
        timestamp: Timestamp::now(),
    })
}

#[tokio::test]
async fn a_text_forgotten_while_its_neighbour_is_stored_leaves_that_context() {
    for stage in stages().await {
        IndexPipeline::new(stage.store.clone(), None).apply(&[created(&said(1, "10", "zebra"))]).await.unwrap();
        // The first processor has read the zebra for its neighbour's context when the other one forgets it.
        let late = InterruptedStore::index(&stage.store, "upsert", ana_is_forgotten());
        late.apply(&[created(&said(2, "10", "word"))]).await.unwrap();
        assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2], vec![]));
    }
}

#[tokio::test]
async fn a_neighbour_stored_during_a_removal_keeps_no_removed_text() {
    for stage in stages().await {
        IndexPipeline::new(stage.store.clone(), None).apply(&[created(&said(1, "10", "zebra"))]).await.unwrap();
        // The first processor has read the zebra's neighbours when the other one stores a new neighbour.
        let forgetting = InterruptedStore::index(&stage.store, "remove", created(&said(2, "10", "word")));
        forgetting.apply(&[ana_is_forgotten()]).await.unwrap();
        assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2], vec![]));
    }
}
