//! Parts of a partition and members of a group, for tools.

use super::{append::topic, error::WorkError, files::BusFiles, poll};
use crate::bus::{BusError, GroupMember, Record, TopicPartition};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

pub(super) fn read(
    connection: &Connection,
    at: &TopicPartition,
    from: i64,
    most: usize,
) -> Result<Vec<Record>, WorkError> {
    let partition = partition(connection, at)?;
    let found = poll::fetch(connection, poll::FetchRequest { partition, from, most }, poll::MOST_BYTES)?;
    Ok(found.records.into_iter().map(|stored| stored.into_record(at.clone())).collect())
}

/// Deletes the records before an offset; the end does not move.
pub(super) fn delete(connection: &Connection, at: &TopicPartition, before: i64) -> Result<(), WorkError> {
    let partition = partition(connection, at)?;
    connection
        .prepare_cached("DELETE FROM records WHERE partition = ?1 AND offset < ?2")?
        .execute([partition, before])?;
    connection
        .prepare_cached("UPDATE partitions SET first_offset = MAX(first_offset, MIN(next_offset, ?2)) WHERE id = ?1")?
        .execute([partition, before])?;
    Ok(())
}

fn partition(connection: &Connection, at: &TopicPartition) -> Result<i64, WorkError> {
    let (id, _) = topic(connection, &at.topic)?;
    let found = connection
        .prepare_cached("SELECT id FROM partitions WHERE topic = ?1 AND number = ?2")?
        .query_row(params![id, at.partition], |row| row.get(0))
        .optional()?;
    let unknown = || BusError::UnknownPartition { topic: at.topic.to_string(), partition: at.partition };
    Ok(found.ok_or_else(unknown)?)
}

/// Groups with members or a committed offset, sorted.
pub(super) fn groups(connection: &Connection) -> Result<Vec<String>, WorkError> {
    let mut select = connection.prepare_cached(
        "SELECT grp FROM members UNION SELECT grp FROM cursors WHERE committed IS NOT NULL ORDER BY grp",
    )?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The members of a group whose process is alive, sorted by id.
pub(super) fn members(connection: &Connection, group: &str, files: &BusFiles) -> Result<Vec<GroupMember>, WorkError> {
    let mut members = BTreeMap::new();
    let mut select = connection.prepare_cached(
        "SELECT members.id, instance, name FROM members JOIN interests ON interests.member = members.id \
         JOIN topics ON topics.id = interests.topic WHERE grp = ?1 ORDER BY name",
    )?;
    let mut rows = select.query([group])?;
    while let Some(row) = rows.next()? {
        let (id, instance): (String, String) = (row.get(0)?, row.get(1)?);
        if files.is_alive(&instance) {
            let new = || GroupMember { id: id.clone(), topics: Vec::new(), partitions: Vec::new() };
            members.entry(id.clone()).or_insert_with(new).topics.push(row.get(2)?);
        }
    }
    let mut select = connection.prepare_cached(
        "SELECT owner, name, number FROM assignments JOIN partitions ON partitions.id = assignments.partition \
         JOIN topics ON topics.id = partitions.topic WHERE grp = ?1 AND owner IS NOT NULL ORDER BY name, number",
    )?;
    let mut rows = select.query([group])?;
    while let Some(row) = rows.next()? {
        let (owner, name, number): (String, String, i32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some(member) = members.get_mut(&owner) {
            member.partitions.push(TopicPartition::new(name, number));
        }
    }
    Ok(members.into_values().collect())
}
