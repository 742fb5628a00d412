//! Properties of the Qdrant server: the collections on it, and the errors on outages and refusals.

use crate::contract::{fixtures::*, space};
use qdrant_client::{
    Qdrant,
    qdrant::{CollectionStatus, OptimizersConfigDiffBuilder, PayloadSchemaType, UpdateCollectionBuilder},
};
use rtfm_memory::store::{
    EmbeddingSpace, IndexedFile, IndexedPassage, MessageStore, QdrantConfig, QdrantStore, Removal, StoreConfig,
    StoreError,
};
use rtfm_shared::config::Env;
use rtfm_shared::event::Attachment;
use rtfm_testkit::qdrant::QdrantServer;
use secrecy::ExposeSecret;
use std::path::Path;

fn client(config: &QdrantConfig) -> Qdrant {
    let mut builder = Qdrant::from_url(&config.url).skip_compatibility_check();
    if let Some(key) = &config.api_key {
        builder = builder.api_key(key.expose_secret());
    }
    builder.build().unwrap()
}

/// The names of a test's collections on a real server.
async fn collections(client: &Qdrant, config: &QdrantConfig) -> Vec<String> {
    let all = client.list_collections().await.unwrap().collections.into_iter().map(|collection| collection.name);
    all.filter(|name| name.starts_with(&format!("{}-", config.prefix))).collect()
}

/// Drops every collection of a test from a real server.
pub async fn drop_collections(config: &QdrantConfig) {
    let client = client(config);
    for collection in collections(&client, config).await {
        client.delete_collection(collection).await.unwrap();
    }
}

/// Makes a real server optimise the segments of a test's collections, and waits until it has.
pub async fn optimise_collections(config: &QdrantConfig) {
    let client = client(config);
    for collection in collections(&client, config).await {
        // In kilobytes of vectors a segment.
        let often = OptimizersConfigDiffBuilder::default().indexing_threshold(1);
        let request = UpdateCollectionBuilder::new(&collection).optimizers_config(often);
        client.update_collection(request).await.unwrap();
        let optimised = async {
            loop {
                let info = client.collection_info(&collection).await.unwrap().result.unwrap();
                // Each point has a sparse vector, which always counts, and a dense one, which counts when it is optimised.
                let (vectors, indexed) = (2 * info.points_count(), info.indexed_vectors_count());
                if info.status() == CollectionStatus::Green && indexed >= vectors {
                    break;
                }
            }
        };
        let patience = std::time::Duration::from_secs(60);
        tokio::time::timeout(patience, optimised).await.expect("the server optimises its segments");
    }
}

async fn connect(server: &QdrantServer) -> Result<QdrantStore, StoreError> {
    QdrantStore::connect(&QdrantConfig::of(&server.url()), space()).await
}

#[tokio::test]
async fn collections_have_the_documented_names_and_indexes() {
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
    assert!(
        together.await.into_iter().all(|connected| connected.is_ok()),
        "concurrent connections to a new server fail"
    );
}

#[tokio::test]
async fn deployments_share_a_server_without_interference() {
    let server = QdrantServer::start().await;
    let production = connect(&server).await.unwrap();
    let config = QdrantConfig { prefix: "rtfm_staging".to_owned(), ..QdrantConfig::of(&server.url()) };
    let staging = QdrantStore::connect(&config, space()).await.unwrap();
    for store in [&production, &staging] {
        upsert(store, [indexed(1, "herons"), indexed(2, "cranes")]).await;
    }
    staging.remove(&Removal::Guild { guild_id: "1".into(), until: at(100) }).await.unwrap();
    staging.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(stored(&production).await, [1, 2]);
    upsert(&production, [indexed(1, "herons")]).await;
    assert_eq!(stored(&production).await, [1, 2]);
}

/// A processor stalls in the middle of a write, another one takes over its partition, and the first one continues.
#[tokio::test]
async fn a_stalled_writer_overwrites_nothing_newer_and_restores_nothing() {
    let server = QdrantServer::start().await;
    let (stalled, other) = (std::sync::Arc::new(connect(&server).await.unwrap()), connect(&server).await.unwrap());
    upsert(&other, [indexed(1, "herons")]).await;
    let mut held = server.hold_upsert();
    let writing = tokio::spawn({
        let stalled = stalled.clone();
        async move {
            upsert(&*stalled, [indexed(1, "herons"), indexed(2, "cranes"), indexed(3, "storks"), indexed(4, "egrets")])
                .await
        }
    });
    held.arrived().await;
    upsert(&other, [indexed(1, "").edited(50, "herons, edited"), indexed(2, "").edited(50, "cranes, edited")]).await;
    other.remove(&Removal::Messages(vec![3.into()])).await.unwrap();
    held.release();
    writing.await.unwrap();
    assert_eq!(content(&other, 1).await.as_deref(), Some("herons, edited"));
    assert_eq!(content(&other, 2).await.as_deref(), Some("cranes, edited"));
    assert_eq!(stored(&other).await, [1, 2, 4]);
    assert!(!server.holds("storks"));
}

/// The deletion of a vector that an older version lacks comes late.
#[tokio::test]
async fn a_stalled_writer_deletes_no_newer_vector() {
    let server = QdrantServer::start().await;
    let (stalled, other) = (std::sync::Arc::new(connect(&server).await.unwrap()), connect(&server).await.unwrap());
    upsert(&other, [indexed(1, "herons")]).await;
    let mut held = server.hold_vector_deletion();
    let writing = tokio::spawn({
        let stalled = stalled.clone();
        async move { upsert(&*stalled, [indexed(1, "").edited(50, "").no_vector()]).await }
    });
    held.arrived().await;
    upsert(&other, [indexed(1, "").edited(60, "cranes")]).await;
    held.release();
    writing.await.unwrap();
    assert_eq!(hit_ids(&by_vector(&other, &everything(), &vector(0, 0.0), 10).await), [1]);
}

/// Parsing a file takes time. If its message or the file is removed in the meantime, no passage may remain.
#[tokio::test]
async fn a_stalled_file_write_leaves_no_file_without_its_message() {
    let server = QdrantServer::start().await;
    let (stalled, other) = (std::sync::Arc::new(connect(&server).await.unwrap()), connect(&server).await.unwrap());
    let with_file = |id: u64| {
        let mut indexed = indexed(id, "see the file");
        indexed.0.message.attachments = vec![Attachment { id: "9".to_owned(), ..Attachment::default() }];
        indexed
    };
    for (id, removal) in [
        (1, Some(Removal::Messages(vec![1.into()]))),
        (2, Some(Removal::Author { user_id: "501".into(), guild_id: None, until: at(10) })),
        (3, None),
    ] {
        upsert(&other, [with_file(id)]).await;
        let text = format!("xylophonequux {id}");
        let passage = IndexedPassage { index_text: text.clone().into(), text: text.clone(), vector: None };
        let message = with_file(id).0.message;
        let file = IndexedFile { message, key: "9".to_owned(), name: "9".to_owned(), passages: vec![passage] };
        let mut held = server.hold_upsert();
        let writing = tokio::spawn({
            let stalled = stalled.clone();
            async move { stalled.attach(vec![file]).await.unwrap() }
        });
        held.arrived().await;
        match removal {
            Some(removal) => other.remove(&removal).await.unwrap(),
            None => upsert(&other, [indexed(id, "").edited(50, "the file is gone")]).await,
        }
        held.release();
        writing.await.unwrap();
        assert!(!server.holds(&text), "file of message {id}");
    }
}

/// These files have more passages than one response.
#[tokio::test]
async fn a_message_is_stale_with_every_passage_of_its_files() {
    let server = QdrantServer::start().await;
    let mut carrier = indexed(1, "see the files");
    let keys = ["7", "8", "9"];
    carrier.0.message.attachments =
        keys.iter().map(|key| Attachment { id: (*key).to_owned(), ..Attachment::default() }).collect();
    let store = connect(&server).await.unwrap();
    upsert(&store, [carrier.clone()]).await;
    let passage = |n: usize| {
        let text = format!("passage {n}");
        IndexedPassage { index_text: text.clone().into(), text, vector: None }
    };
    let file = |key: &&str| IndexedFile {
        message: carrier.0.message.clone(),
        key: (*key).to_owned(),
        name: (*key).to_owned(),
        passages: (0..500).map(passage).collect(),
    };
    store.attach(keys.iter().map(file).collect()).await.unwrap();
    let other = EmbeddingSpace { name: "other".to_owned(), dimension: 8 };
    let other = QdrantStore::connect(&QdrantConfig::of(&server.url()), Some(other)).await.unwrap();
    let expected: Vec<String> = (0..500).map(|n| format!("passage {n}")).collect();
    let all_files = |stale: &[rtfm_memory::store::StaleMessage]| {
        stale.len() == 1 && stale[0].files.len() == 3 && stale[0].files.iter().all(|file| file.passages == expected)
    };
    assert!(all_files(&other.stale(None, 10).await.unwrap().messages), "the other embedder lacks them");
    upsert(&other, [carrier.clone()]).await;
    assert!(all_files(&store.stale(None, 10).await.unwrap().messages), "those of an older index version");
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
async fn removed_messages_leave_every_collection() {
    let server = QdrantServer::start().await;
    let lexical = QdrantStore::connect(&QdrantConfig::of(&server.url()), None).await.unwrap();
    let dense = connect(&server).await.unwrap();
    for store in [&lexical, &dense] {
        upsert(store, [indexed(1, "the xylophonequux password"), indexed(2, "kept")]).await;
    }
    assert!(server.holds("xylophonequux"));
    dense.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert!(!server.holds("xylophonequux"), "another embedder's collection still has it");
    assert_eq!(stored(&lexical).await, [2]);
    upsert(&lexical, [indexed(1, "the xylophonequux password")]).await;
    assert_eq!(stored(&lexical).await, [2], "another embedder's store restored a removed message");
}

#[tokio::test]
async fn the_store_recovers_from_an_outage() {
    let mut server = QdrantServer::start().await;
    let store = connect(&server).await.unwrap();
    upsert(&store, [indexed(1, "herons")]).await;
    server.stop().await;
    let failures = [
        store.health().await.unwrap_err(),
        store.upsert(vec![indexed(2, "lost?").0]).await.unwrap_err(),
        store.count(&everything()).await.unwrap_err(),
        connect(&server).await.unwrap_err(),
    ];
    for failure in failures {
        assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    }
    server.start_again().await;
    store.health().await.unwrap();
    upsert(&store, [indexed(2, "cranes")]).await;
    assert_eq!(stored(&store).await, [1, 2]);

    // The client retries once by itself. Further retries are up to the caller.
    server.refuse(50);
    assert!(matches!(store.health().await, Err(StoreError::Unavailable(_))));
    server.refuse(0);
    store.health().await.unwrap();
}

#[tokio::test]
async fn a_wrong_key_is_reported_but_not_shown() {
    let server = QdrantServer::start().await;
    server.require_api_key("sesame");
    let url = server.url();
    let config_with = |key| match StoreConfig::from_env(
        &Env::of([("QDRANT_URL", url.as_str()), ("QDRANT_API_KEY", key)]),
        Path::new("x"),
    ) {
        Ok(StoreConfig::Qdrant(config)) => config,
        other => panic!("{other:?}"),
    };
    let refused = QdrantStore::connect(&config_with("wrong-key"), space()).await.unwrap_err();
    let reason = refused.to_string();
    assert!(matches!(refused, StoreError::Unusable(_)) && reason.contains("QDRANT_API_KEY"), "{reason}");
    assert!(!reason.contains("wrong-key"));
    let store = QdrantStore::connect(&config_with("sesame"), space()).await.unwrap();
    store.health().await.unwrap();
    assert!(!format!("{store:?}").contains("sesame"));
}

#[tokio::test]
async fn a_collection_of_another_dimension_is_refused() {
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
async fn a_deleted_collection_is_reported() {
    let server = QdrantServer::start().await;
    let store = connect(&server).await.unwrap();
    drop_collections(&QdrantConfig::of(&server.url())).await;
    for failure in [store.health().await.unwrap_err(), store.upsert(vec![indexed(1, "x").0]).await.unwrap_err()] {
        assert!(matches!(&failure, StoreError::Unusable(reason) if reason.contains("deleted")), "{failure}");
    }
}

#[tokio::test]
async fn a_concurrent_removal_wins_over_an_upsert() {
    let server = QdrantServer::start().await;
    let store = connect(&server).await.unwrap();
    for id in 0..60_u64 {
        let removal = Removal::Messages(vec![id.into()]);
        let (upserted, removed) = tokio::join!(store.upsert(vec![indexed(id, "race").0]), store.remove(&removal));
        upserted.unwrap();
        removed.unwrap();
    }
    assert_eq!(stored(&store).await, [] as [u64; 0]);
}
