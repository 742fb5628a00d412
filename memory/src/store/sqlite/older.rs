//! Files of older versions: up to version 2, vectors stood in tables of sqlite-vec, which is here to read them.

use super::{
    failure::Failure,
    schema,
    vectors::{self, Place},
};
use crate::store::EmbeddingSpace;
use rusqlite::Connection;

/// Takes every embedder's vectors over into the tables of today, and lets the others go.
pub(super) fn take_vectors_over(connection: &Connection) -> Result<(), Failure> {
    let spaces: Vec<(String, i64, String)> = connection
        .prepare("SELECT embedder, dimension, table_name FROM space")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    connection.execute("DELETE FROM space", [])?;
    for (name, dimension, older) in spaces {
        let space = EmbeddingSpace { name, dimension: usize::try_from(dimension).unwrap_or_default() };
        let table = schema::vector_table(connection, &space)?;
        let sql = format!("SELECT id, guild, channel, author, written_at, embedding FROM \"{older}\"");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut taken: u64 = 0;
        while let Some(row) = rows.next()? {
            let [id, guild, channel, author, written_at] =
                [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
            let bytes = row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?;
            let vector: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
            vectors::put(connection, &table, Place { id, guild, channel, author, written_at }, &vector)?;
            taken += 1;
        }
        drop(rows);
        drop(statement);
        connection.execute_batch(&format!("DROP TABLE \"{older}\""))?;
        tracing::info!(space = space.name, vectors = taken, "vectors of an older file taken over");
    }
    Ok(())
}
