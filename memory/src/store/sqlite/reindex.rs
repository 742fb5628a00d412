//! Finds and restores stale messages. All embedders share the messages, words and files in the file; only vectors can be
//! missing for one of them.

use super::{
    error::SqliteError,
    rows::{key, key_of, message},
    schema,
    upsert::{self, UpsertOutcome},
};
use crate::store::{
    EmbeddingSpace, IndexedMessage, KeptFile, StaleMessage, StalePage,
    stale::{INDEX_VERSION, described},
};
use rtfm_shared::event::MessageId;
use rusqlite::{Connection, params};

/// Scans the next `limit` messages for those that have another index version, or lack a vector in `table` for themselves
/// or for a file.
pub(super) fn stale(
    connection: &Connection,
    table: Option<&str>,
    after: Option<&MessageId>,
    limit: usize,
) -> Result<StalePage, SqliteError> {
    let from = match after.and_then(MessageId::snowflake).map(|id| key(id).checked_add(1)) {
        None => i64::MIN,
        Some(Some(next)) => next,
        Some(None) => return Ok(StalePage::default()),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement =
        connection.prepare_cached("SELECT id, index_version, body FROM message WHERE id >= ?1 ORDER BY id LIMIT ?2")?;
    let rows: Vec<(i64, i64, String)> = statement
        .query_map(params![from, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut page = StalePage { looked_at: rows.len() as u64, ..StalePage::default() };
    for (id, index_version, body) in rows {
        let message = message(&body)?;
        page.next = Some(message.message_id.clone());
        let is_other_index = index_version != INDEX_VERSION;
        let files = match table {
            _ if is_other_index => {
                files(connection, "SELECT file, name, body FROM passage WHERE message = ?1 ORDER BY file, place", id)?
            }
            Some(table) => {
                files(connection, &format!(include_str!("sql/files_without_vectors.sql"), table = table), id)?
            }
            None => Vec::new(),
        };
        let lacks_vector = table.map_or(Ok(false), |table| lacks_vector(connection, table, id))?;
        if is_other_index || lacks_vector || !files.is_empty() {
            page.messages.push(StaleMessage { message, is_news: false, files });
        }
    }
    Ok(page)
}

fn lacks_vector(connection: &Connection, table: &str, number: i64) -> Result<bool, SqliteError> {
    let sql = format!("SELECT NOT EXISTS (SELECT 1 FROM \"{table}\" WHERE id = ?1)");
    Ok(connection.prepare_cached(&sql)?.query_row([number], |row| row.get(0))?)
}

/// The files of message `id` whose passages `sql` selects.
fn files(connection: &Connection, sql: &str, id: i64) -> Result<Vec<KeptFile>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let mut files: Vec<KeptFile> = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, name, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match files.last_mut() {
            Some(file) if file.key == key => file.passages.push(text),
            _ => files.push(KeptFile { key, name, passages: vec![text] }),
        }
    }
    Ok(files)
}

/// Stores the messages that are still stored, so that reindexing restores none that was removed in the meantime.
pub(super) fn reindex(
    connection: &Connection,
    messages: Vec<IndexedMessage>,
    table: Option<&str>,
) -> Result<UpsertOutcome, SqliteError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1)")?;
    let mut still_stored = Vec::with_capacity(messages.len());
    for message in messages {
        if statement.query_row([key_of(&message.message.message_id)?], |row| row.get(0))? {
            still_stored.push(message);
        }
    }
    upsert::upsert(connection, &still_stored, table)
}

/// Drops the vectors of all embedders but the owner of table `own`, and describes the dropped spaces.
pub(super) fn drop_other_spaces(connection: &Connection, own: Option<&str>) -> Result<Vec<String>, SqliteError> {
    let mut statement = connection.prepare("SELECT embedder, dimension, table_name FROM space ORDER BY table_name")?;
    let spaces: Vec<(String, i64, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    let mut dropped = Vec::new();
    for (name, dimension, table) in spaces {
        if Some(table.as_str()) != own {
            schema::drop_vector_table(connection, &table)?;
            let dimension = usize::try_from(dimension).unwrap_or_default();
            dropped.push(described(&EmbeddingSpace { name, dimension }));
        }
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::super::{FILE_NAME, SqliteStore};
    use crate::store::{EmbeddingSpace, IndexedFile, IndexedMessage, IndexedPassage, MessageStore};
    use rtfm_shared::event::{Attachment, ChatMessage};

    /// The index version of a message is that of its files too: by words and by vectors.
    #[tokio::test]
    async fn a_message_of_an_older_index_version_is_stale_with_its_files() {
        for space in [None, Some(EmbeddingSpace { name: "test".to_owned(), dimension: 2 })] {
            let directory = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(directory.path(), space.clone()).await.unwrap();
            let vector = space.map(|_| vec![0.6, 0.8]);
            let file = Attachment { id: "9".to_owned(), filename: "a.log".to_owned(), ..Attachment::default() };
            let message = ChatMessage { message_id: 1.into(), attachments: vec![file], ..ChatMessage::default() };
            let indexed = IndexedMessage { message: message.clone(), index_text: "x".into(), vector: vector.clone() };
            store.upsert(vec![indexed.clone()]).await.unwrap();
            let passages = ["the first", "the second"].map(|text| IndexedPassage {
                text: text.to_owned(),
                index_text: text.into(),
                vector: vector.clone(),
            });
            let (key, name) = ("9".to_owned(), "a.log".to_owned());
            store.attach(vec![IndexedFile { message, key, name, passages: passages.to_vec() }]).await.unwrap();
            assert_eq!(store.stale(None, 10).await.unwrap().messages, []);

            let older = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
            older.execute("UPDATE message SET index_version = index_version - 1", []).unwrap();
            let stale = store.stale(None, 10).await.unwrap().messages;
            assert_eq!((stale.len(), stale[0].files.len()), (1, 1), "{stale:?}");
            assert_eq!(stale[0].files[0].passages, ["the first", "the second"]);
            store.reindex(vec![indexed]).await.unwrap();
            assert_eq!(store.stale(None, 10).await.unwrap().messages, []);
        }
    }
}
