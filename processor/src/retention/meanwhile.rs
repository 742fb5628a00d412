//! Two processors in each other's way: between two steps of the one, the other does its work.

use super::tests::{created, said, stages};
use crate::index::Index;
use jiff::Timestamp;
use rtfm_memory::store::{DecoratedStore, StoreDecorator, VectorStore, Write};
use rtfm_shared::event::{AuthorForgotten, MessageEvent};
use std::sync::{Arc, Mutex};

/// Somebody who comes before one of a store's writes.
#[derive(Debug)]
struct Meanwhile {
    /// Before which write, who, and what they do.
    comes: Mutex<Option<(&'static str, Index, MessageEvent)>>,
}

impl Meanwhile {
    fn index(store: &Arc<dyn VectorStore>, before: &'static str, what: MessageEvent) -> Index {
        let other = Index::new(store.clone(), None);
        let around = Self { comes: Mutex::new(Some((before, other, what))) };
        Index::new(Arc::new(DecoratedStore { store: store.clone(), around }), None)
    }
}

impl StoreDecorator for Meanwhile {
    async fn before(&self, write: Write<'_>) {
        let write = match write {
            Write::Upsert(_) => "upsert",
            Write::Reindex(_) => "renew",
            Write::Remove(_) => "remove",
        };
        let comes = self.comes.lock().unwrap().take_if(|(before, ..)| *before == write);
        if let Some((_, other, what)) = comes {
            other.apply(&[what]).await.unwrap();
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
async fn words_that_are_forgotten_while_a_neighbour_is_being_stored_do_not_stay_with_it() {
    for stage in stages().await {
        Index::new(stage.store.clone(), None).apply(&[created(&said(1, "10", "zebra"))]).await.unwrap();
        // It has read the zebra for its neighbour's context, and then the zebra is forgotten by another processor.
        let late = Meanwhile::index(&stage.store, "upsert", ana_is_forgotten());
        late.apply(&[created(&said(2, "10", "word"))]).await.unwrap();
        assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2], vec![]));
    }
}

#[tokio::test]
async fn a_neighbour_that_is_stored_while_words_are_being_forgotten_does_not_keep_them() {
    for stage in stages().await {
        Index::new(stage.store.clone(), None).apply(&[created(&said(1, "10", "zebra"))]).await.unwrap();
        // It has seen who stands beside the zebra, and then another processor stores one more.
        let forgetting = Meanwhile::index(&stage.store, "remove", created(&said(2, "10", "word")));
        forgetting.apply(&[ana_is_forgotten()]).await.unwrap();
        assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2], vec![]));
    }
}
