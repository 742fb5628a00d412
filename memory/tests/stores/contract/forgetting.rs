//! No text or vector is found that the newest version of a message or file lacks, also when the server has optimised its
//! storage meanwhile.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{IndexedFile, IndexedPassage, MessageStore};
use rtfm_shared::event::Attachment;

/// Where the vectors of the texts to forget point. The other messages have another direction.
fn forgotten() -> Vec<f32> {
    vector(3, 0.0)
}

/// Other messages, so many that a server finds it worthwhile to optimise.
async fn store_others(store: &dyn MessageStore) {
    upsert(store, (10_000..11_000).map(|id| indexed(id, "egrets").vector(vector(5, 0.0)))).await;
}

/// The messages near [`forgotten`].
async fn near_forgotten(store: &dyn MessageStore) -> Vec<u64> {
    let hits = by_vector(store, &everything(), &forgotten(), 5).await;
    hits.iter().filter(|hit| hit.score > 0.5).map(|hit| hit.message.message_id.snowflake().unwrap()).collect()
}

pub async fn an_edit_leaves_nothing_of_the_older_version(backend: &impl Backend) {
    let store = backend.open(space()).await;
    store_others(&*store).await;
    let heron = |id, text: &str| indexed(id, text).vector(forgotten());
    upsert(&*store, [heron(1, "heron nest"), heron(2, "heron egg"), heron(3, "heron wing"), heron(4, "heron bill")])
        .await;
    assert_eq!(near_forgotten(&*store).await, [1, 2, 3, 4]);
    backend.optimise().await;

    let emptied = indexed(1, "").edited(50, "").no_vector();
    let without_vector = indexed(2, "").edited(50, "stork egg").no_vector();
    let with_both = indexed(3, "").edited(50, "crane wing").vector(vector(6, 0.0));
    let zero = indexed(4, "").edited(50, "ibis bill").vector(vec![0.0; DIMENSION]);
    upsert(&*store, [emptied, without_vector, with_both, zero]).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "heron").await), [] as [u64; 0], "by the old words");
    assert_eq!(near_forgotten(&*store).await, [] as [u64; 0], "by the old vector");
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "stork").await), [2]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "crane").await), [3]);
    // A later version is found again.
    upsert(&*store, [indexed(1, "").edited(90, "osprey").vector(forgotten())]).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "osprey").await), [1]);
    assert_eq!(near_forgotten(&*store).await, [1]);
}

/// A context that loses a forgotten message is stored again without its vector while the embedder is away.
pub async fn the_same_version_without_its_vector_leaves_no_vector(backend: &impl Backend) {
    let store = backend.open(space()).await;
    store_others(&*store).await;
    let mut answer = indexed(1, "yes").vector(forgotten());
    answer.0.index_text = "is the heron in the nest? yes".into();
    upsert(&*store, [answer]).await;
    backend.optimise().await;
    upsert(&*store, [indexed(1, "yes").no_vector()]).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "heron").await), [] as [u64; 0]);
    assert_eq!(near_forgotten(&*store).await, [] as [u64; 0]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "yes").await), [1]);
}

pub async fn a_file_stored_again_leaves_nothing_of_its_older_passages(backend: &impl Backend) {
    let store = backend.open(space()).await;
    store_others(&*store).await;
    let mut owner = indexed(1, "see the file");
    owner.0.message.attachments = vec![Attachment { id: "9".to_owned(), ..Attachment::default() }];
    let message = owner.0.message.clone();
    let attach = async |texts: &[&str], vector: Option<Vec<f32>>| {
        let passage = |text: &&str| IndexedPassage {
            text: (*text).to_owned(),
            index_text: (*text).into(),
            vector: vector.clone(),
        };
        let passages = texts.iter().map(passage).collect();
        let file = IndexedFile { message: message.clone(), key: "9".to_owned(), name: "9".to_owned(), passages };
        store.attach(vec![file]).await.unwrap();
    };
    upsert(&*store, [owner]).await;
    attach(&["heron one", "heron two", "heron three"], Some(forgotten())).await;
    assert_eq!(near_forgotten(&*store).await, [1, 1, 1]);
    backend.optimise().await;
    attach(&["stork"], None).await;
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "heron").await), [] as [u64; 0]);
    assert_eq!(near_forgotten(&*store).await, [] as [u64; 0]);
    assert_eq!(hit_ids(&by_words(&*store, &everything(), "stork").await), [1]);
}

pub async fn a_message_without_its_vector_is_stale(backend: &impl Backend) {
    let stale = async |store: &dyn MessageStore| {
        let page = store.stale(None, 10).await.unwrap();
        page.messages.into_iter().map(|stale| stale.message.message_id.snowflake().unwrap()).collect::<Vec<u64>>()
    };
    let lexical = backend.open(None).await;
    upsert(&*lexical, [indexed(1, "herons").no_vector()]).await;
    assert_eq!(stale(&*lexical).await, [] as [u64; 0], "a store without vectors lacks none");
    let store = backend.open(space()).await;
    upsert(&*store, [indexed(1, "herons"), indexed(2, "cranes").no_vector()]).await;
    assert_eq!(stale(&*store).await, [2]);
    store.reindex(vec![indexed(2, "cranes").0]).await.unwrap();
    assert_eq!(stale(&*store).await, [] as [u64; 0]);
}
