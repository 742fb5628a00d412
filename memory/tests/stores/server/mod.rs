//! What only a server can promise: how collections are made, and what an outage or a refusal means.

use crate::contract::{cast::*, space};
use qdrant_client::{Qdrant, qdrant::PayloadSchemaType};
use rtfm_memory::store::{
    EmbeddingSpace, IndexedFile, IndexedPassage, QdrantConfig, QdrantStore, Removal, StoreConfig, StoreError,
    VectorStore,
};
use rtfm_shared::config::Env;
use rtfm_shared::event::Attachment;
use rtfm_testkit::qdrant::QdrantServer;
use secrecy::ExposeSecret;
use std::path::Path;

/// Removes every collection of a test from a real server.
pub async fn drop_collections(config: &QdrantConfig) {
    let mut builder = Qdrant::from_url(&config.url).skip_compatibility_check();
    if let Some(key) = &config.api_key {
        builder = builder.api_key(key.expose_secret());
    }
    let client = builder.build().unwrap();
    for collection in client.list_collections().await.unwrap().collections {
        if collection.name.starts_with(&format!("{}-", config.prefix)) {
            client.delete_collection(collection.name).await.unwrap();
        }
    }
}

async fn connect(server: &QdrantServer) -> Result<QdrantStore, StoreError> {
    QdrantStore::connect(&QdrantConfig::of(&server.url()), space()).await
}

#[tokio::test]
async fn names_and_indexes_are_as_promised() {
    let server = QdrantServer::start().await;
    for _ in 0..2 {
        connect(&server).await.unwrap();
        QdrantStore::connect(&QdrantConfig::of(&server.url()), None).await.unwrap();
    }
    assert_eq!(server.collections(), ["rtfm-lexical", "rtfm-removed", "rtfm-test-embedder-8"]);
    for collection in ["rtfm-lexical", "rtfm-test-embedder-8"] {
        let expected = [
            ("author_name", PayloadSchemaType::Keyword, false),
            ("channel_id", PayloadSchemaType::Keyword, false),
            ("channel_name", PayloadSchemaType::Keyword, false),
            ("guild_id", PayloadSchemaType::Keyword, true),
            ("message_id", PayloadSchemaType::Keyword, false),
            ("parent_id", PayloadSchemaType::Keyword, false),
            ("reply_to", PayloadSchemaType::Keyword, false),
            ("slot", PayloadSchemaType::Integer, false),
            ("thread_id", PayloadSchemaType::Keyword, false),
            ("user_id", PayloadSchemaType::Keyword, false),
            ("written_at", PayloadSchemaType::Integer, false),
        ];
        assert_eq!(server.indexes(collection), expected.map(|(field, kind, tenant)| (field.to_owned(), kind, tenant)));
    }
    let together = futures::future::join_all((0..8).map(|n| {
        let config = QdrantConfig { prefix: "other".to_owned(), ..QdrantConfig::of(&server.url()) };
        async move { QdrantStore::connect(&config, space()).await.map(|_| n) }
    }));
    assert!(together.await.into_iter().all(|connected| connected.is_ok()), "many may connect to a new server at once");
}

#[tokio::test]
async fn deployments_on_one_server_do_not_touch_each_other() {
    let server = QdrantServer::start().await;
    let production = connect(&server).await.unwrap();
    let config = QdrantConfig { prefix: "rtfm_staging".to_owned(), ..QdrantConfig::of(&server.url()) };
    let staging = QdrantStore::connect(&config, space()).await.unwrap();
    for memory in [&production, &staging] {
        store(memory, [said(1, "herons"), said(2, "cranes")]).await;
    }
    staging.remove(&Removal::Guild { guild_id: "1".into(), until: at(100) }).await.unwrap();
    staging.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(stored(&production).await, [1, 2]);
    store(&production, [said(1, "herons")]).await;
    assert_eq!(stored(&production).await, [1, 2]);
}

/// A processor that stood still while others took its partition over comes back in the middle of its write.
#[tokio::test]
async fn a_writer_that_comes_late_overwrites_nothing_newer_and_revives_nothing() {
    let server = QdrantServer::start().await;
    let (late, other) = (std::sync::Arc::new(connect(&server).await.unwrap()), connect(&server).await.unwrap());
    store(&other, [said(1, "herons")]).await;
    let mut held = server.hold_upsert();
    let writing = tokio::spawn({
        let late = late.clone();
        async move { store(&*late, [said(1, "herons"), said(2, "cranes"), said(3, "storks"), said(4, "egrets")]).await }
    });
    held.arrived().await;
    store(&other, [said(1, "").edited(50, "herons, edited"), said(2, "").edited(50, "cranes, edited")]).await;
    other.remove(&Removal::Messages(vec![3.into()])).await.unwrap();
    held.release();
    writing.await.unwrap();
    assert_eq!(content(&other, 1).await.as_deref(), Some("herons, edited"));
    assert_eq!(content(&other, 2).await.as_deref(), Some("cranes, edited"));
    assert_eq!(stored(&other).await, [1, 2, 4]);
    assert!(!server.holds("storks"));
}

/// A file is read for a while; whatever happens to its message in between, nothing of it comes to stand alone.
#[tokio::test]
async fn a_file_that_comes_late_is_not_kept_without_its_message() {
    let server = QdrantServer::start().await;
    let (late, other) = (std::sync::Arc::new(connect(&server).await.unwrap()), connect(&server).await.unwrap());
    let carrier = |id: u64| {
        let mut said = said(id, "see the file");
        said.0.message.attachments = vec![Attachment { id: "9".to_owned(), ..Attachment::default() }];
        said
    };
    for (id, removal) in [
        (1, Some(Removal::Messages(vec![1.into()]))),
        (2, Some(Removal::Author { user_id: "501".into(), guild_id: None, until: at(10) })),
        (3, None),
    ] {
        store(&other, [carrier(id)]).await;
        let text = format!("xylophonequux {id}");
        let passage = IndexedPassage { index_text: text.clone().into(), text: text.clone(), vector: None };
        let message = carrier(id).0.message;
        let file = IndexedFile { message, key: "9".to_owned(), name: "9".to_owned(), passages: vec![passage] };
        let mut held = server.hold_upsert();
        let writing = tokio::spawn({
            let late = late.clone();
            async move { late.attach(vec![file]).await.unwrap() }
        });
        held.arrived().await;
        match removal {
            Some(removal) => other.remove(&removal).await.unwrap(),
            None => store(&other, [said(id, "").edited(50, "the file is gone")]).await,
        }
        held.release();
        writing.await.unwrap();
        assert!(!server.holds(&text), "file of message {id}");
    }
}

#[tokio::test]
async fn a_server_too_old_for_conditional_writes_is_refused() {
    let server = QdrantServer::start().await;
    server.pretend_version("1.15.4");
    let refusal = connect(&server).await.unwrap_err();
    assert!(matches!(&refusal, StoreError::Unusable(reason) if reason.contains("1.15.4") && reason.contains("1.16")));
    server.pretend_version("1.16.0");
    connect(&server).await.unwrap();
}

#[tokio::test]
async fn what_is_removed_leaves_every_collection() {
    let server = QdrantServer::start().await;
    let lexical = QdrantStore::connect(&QdrantConfig::of(&server.url()), None).await.unwrap();
    let dense = connect(&server).await.unwrap();
    for memory in [&lexical, &dense] {
        store(memory, [said(1, "the xylophonequux password"), said(2, "kept")]).await;
    }
    assert!(server.holds("xylophonequux"));
    dense.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert!(!server.holds("xylophonequux"), "another embedder's collection must not keep it");
    assert_eq!(stored(&lexical).await, [2]);
    store(&lexical, [said(1, "the xylophonequux password")]).await;
    assert_eq!(stored(&lexical).await, [2], "it stays removed for every embedder");
}

#[tokio::test]
async fn an_outage_is_unavailable_and_passes() {
    let mut server = QdrantServer::start().await;
    let memory = connect(&server).await.unwrap();
    store(&memory, [said(1, "herons")]).await;
    server.stop().await;
    let failures = [
        memory.health().await.unwrap_err(),
        memory.upsert(vec![said(2, "lost?").0]).await.unwrap_err(),
        memory.count(&everything()).await.unwrap_err(),
        connect(&server).await.unwrap_err(),
    ];
    for failure in failures {
        assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    }
    server.start_again().await;
    memory.health().await.unwrap();
    store(&memory, [said(2, "cranes")]).await;
    assert_eq!(stored(&memory).await, [1, 2]);

    // The client tries a second time by itself; more than that is our caller's affair.
    server.refuse(50);
    assert!(matches!(memory.health().await, Err(StoreError::Unavailable(_))));
    server.refuse(0);
    memory.health().await.unwrap();
}

#[tokio::test]
async fn a_wrong_key_is_said_clearly_and_never_shown() {
    let server = QdrantServer::start().await;
    server.require_api_key("sesame");
    let url = server.url();
    let config = |key| match StoreConfig::from_env(
        &Env::of([("QDRANT_URL", url.as_str()), ("QDRANT_API_KEY", key)]),
        Path::new("x"),
    ) {
        Ok(StoreConfig::Qdrant(config)) => config,
        other => panic!("{other:?}"),
    };
    let refused = QdrantStore::connect(&config("wrong-key"), space()).await.unwrap_err();
    let reason = refused.to_string();
    assert!(matches!(refused, StoreError::Unusable(_)) && reason.contains("QDRANT_API_KEY"), "{reason}");
    assert!(!reason.contains("wrong-key"));
    let memory = QdrantStore::connect(&config("sesame"), space()).await.unwrap();
    memory.health().await.unwrap();
    assert!(!format!("{memory:?}").contains("sesame"));
}

#[tokio::test]
async fn a_collection_of_another_shape_is_refused_by_name() {
    use qdrant_client::qdrant::{CreateCollectionBuilder, Distance, VectorParamsBuilder};
    let server = QdrantServer::start().await;
    let client = Qdrant::from_url(&server.url()).skip_compatibility_check().build().unwrap();
    let other = CreateCollectionBuilder::new("rtfm-test-embedder-8")
        .vectors_config(VectorParamsBuilder::new(5, Distance::Cosine));
    client.create_collection(other).await.unwrap();
    let refused = connect(&server).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Unusable(reason) if reason.contains("rtfm-test-embedder-8")), "{refused}");

    let bad = Some(EmbeddingSpace { name: "No Good".to_owned(), dimension: 8 });
    let refused = QdrantStore::connect(&QdrantConfig::of(&server.url()), bad).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable(_)), "{refused}");
}

#[tokio::test]
async fn a_collection_deleted_under_us_is_said_clearly() {
    let server = QdrantServer::start().await;
    let memory = connect(&server).await.unwrap();
    drop_collections(&QdrantConfig::of(&server.url())).await;
    for failure in [memory.health().await.unwrap_err(), memory.upsert(vec![said(1, "x").0]).await.unwrap_err()] {
        assert!(matches!(&failure, StoreError::Unusable(reason) if reason.contains("deleted")), "{failure}");
    }
}

#[tokio::test]
async fn a_removal_during_an_upsert_wins() {
    let server = QdrantServer::start().await;
    let memory = connect(&server).await.unwrap();
    for id in 0..60_u64 {
        let removal = Removal::Messages(vec![id.into()]);
        let (upserted, removed) = tokio::join!(memory.upsert(vec![said(id, "race").0]), memory.remove(&removal));
        upserted.unwrap();
        removed.unwrap();
    }
    assert_eq!(stored(&memory).await, [] as [u64; 0]);
}
