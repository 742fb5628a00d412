//! Files of older versions are brought up to date, and nothing in them is lost.

use crate::contract::{cast::*, space};
use rtfm_memory::store::{EmbeddingSpace, IndexedFile, IndexedPassage, SqliteStore, VectorStore};
use rtfm_shared::event::Attachment;
use rusqlite::{Connection, params};
use std::path::Path;

fn other_space() -> Option<EmbeddingSpace> {
    space().map(|space| EmbeddingSpace { name: "other".to_owned(), ..space })
}

/// Two messages, one with a file, and their vectors by two embedders.
async fn filled(directory: &Path) {
    let other = SqliteStore::open(directory, other_space()).await.unwrap();
    store(&other, [said(1, "herons").vector(vector(5, 0.0)), said(2, "cranes").channel("20").no_vector()]).await;
    let memory = SqliteStore::open(directory, space()).await.unwrap();
    let mut carrier = said(3, "see the file");
    carrier.0.message.attachments =
        vec![Attachment { id: "9".to_owned(), filename: "a.txt".to_owned(), ..Attachment::default() }];
    let message = carrier.0.message.clone();
    store(&memory, [said(1, "herons"), said(2, "cranes").channel("20").vector(vector(1, 0.5)), carrier.no_vector()])
        .await;
    let passage = IndexedPassage { text: "storks".into(), index_text: "storks".into(), vector: Some(vector(3, 0.0)) };
    let file = IndexedFile { message, key: "9".into(), name: "a.txt".into(), passages: vec![passage] };
    memory.attach(vec![file]).await.unwrap();
}

/// What the file would be had the version before written it: its vectors in tables of sqlite-vec.
fn as_version_2(connection: &Connection) {
    let names = "SELECT table_name FROM space ORDER BY table_name";
    let tables: Vec<String> =
        connection.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(tables, ["vectors_other_8", "vectors_test-embedder_8"]);
    for table in tables {
        let older = table.replace("vectors_", "vector_");
        connection
            .execute_batch(&format!(
                "CREATE VIRTUAL TABLE \"{older}\" USING vec0 (
                    id integer primary key, guild integer partition key,
                    channel integer, author integer, written_at integer,
                    embedding float[{DIMENSION}] distance_metric=cosine, chunk_size=256);
                 INSERT INTO \"{older}\" (id, guild, channel, author, written_at, embedding)
                    SELECT id, guild, channel, author, written_at, embedding
                    FROM \"{table}\" JOIN \"{table}_coarse\" USING (id, channel);
                 DROP TABLE \"{table}\"; DROP TABLE \"{table}_coarse\""
            ))
            .unwrap();
        connection.execute("UPDATE space SET table_name = ?2 WHERE table_name = ?1", params![table, older]).unwrap();
    }
    connection
        .execute_batch(
            "DROP TABLE vocabulary; DROP TRIGGER message_weight; DROP TRIGGER passage_weight; DROP TABLE weight;
             ALTER TABLE message DROP COLUMN recipe; PRAGMA user_version = 2",
        )
        .unwrap();
}

async fn is_whole(directory: &Path) {
    // Twice: what was brought up to date stays so.
    for _ in 0..2 {
        let memory = SqliteStore::open(directory, space()).await.unwrap();
        assert_eq!(hit_ids(&by_words(&memory, &everything(), "herons").await), [1]);
        assert_eq!(hit_ids(&by_vector(&memory, &everything(), &vector(1, 0.5), 1).await), [2]);
        let mut filter = everything();
        filter.guild_id = Some("1".into());
        filter.authors = vec!["501".into()];
        assert_eq!(
            by_vector(&memory, &filter, &vector(1, 0.5), 10).await.len(),
            by_vector(&memory, &everything(), &vector(1, 0.5), 10).await.len()
        );
        let other = SqliteStore::open(directory, other_space()).await.unwrap();
        assert_eq!(hit_ids(&by_vector(&other, &everything(), &vector(5, 0.0), 10).await), [1]);
    }
}

#[tokio::test]
async fn vectors_of_every_embedder_are_taken_over_from_version_2() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path()).await;
    let path = directory.path().join("memory.sqlite");
    as_version_2(&Connection::open(&path).unwrap());
    is_whole(directory.path()).await;
    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    let file = by_vector(&memory, &everything(), &vector(3, 0.0), 1).await;
    assert_eq!((hit_ids(&file), file[0].passage.is_some()), (vec![3], true), "files have theirs, too");
    let connection = Connection::open(&path).unwrap();
    let left: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'vector_*'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "the old tables are gone");
}

#[tokio::test]
async fn version_1_had_no_files() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path()).await;
    let connection = Connection::open(directory.path().join("memory.sqlite")).unwrap();
    as_version_2(&connection);
    connection.execute_batch("DROP TABLE passage; PRAGMA user_version = 1").unwrap();
    drop(connection);
    is_whole(directory.path()).await;
    let memory = SqliteStore::open(directory.path(), space()).await.unwrap();
    assert!(memory.attached(&[said(1, "").0.message]).await.unwrap().is_empty());
}
