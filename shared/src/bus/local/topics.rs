//! Creates, repairs, describes, lists and deletes topics, and measures lag.

use super::{append::topic, error::WorkError, membership};
use crate::bus::{BusError, Cleanup, Lag, TopicPartition, TopicSpec, TopicState};
use rusqlite::{Connection, OptionalExtension, params};

/// Creates missing topics; returns their names.
pub(super) fn create(connection: &Connection, specs: &[TopicSpec]) -> Result<Vec<String>, WorkError> {
    let mut created = Vec::new();
    for spec in specs {
        check(spec)?;
        let new = connection.execute(
            "INSERT OR IGNORE INTO topics (name, partitions, retention_ms, compacted) VALUES (?1, ?2, ?3, ?4)",
            params![spec.name, spec.partitions, retention_ms(spec), spec.cleanup == Cleanup::Compact],
        )?;
        if new == 0 {
            continue;
        }
        let id = connection.last_insert_rowid();
        for number in 0..spec.partitions {
            connection.execute("INSERT INTO partitions (topic, number) VALUES (?1, ?2)", params![id, number])?;
        }
        created.push(spec.name.clone());
    }
    Ok(created)
}

fn retention_ms(spec: &TopicSpec) -> Option<i64> {
    spec.retention.map(|kept| i64::try_from(kept.as_millis()).unwrap_or(i64::MAX))
}

/// Makes topics drop old records as specified, or none of them.
pub(super) fn repair(connection: &Connection, specs: &[TopicSpec]) -> Result<(), WorkError> {
    for spec in specs {
        let (id, _) = topic(connection, &spec.name)?;
        connection.execute(
            "UPDATE topics SET retention_ms = ?2, compacted = ?3 WHERE id = ?1",
            params![id, retention_ms(spec), spec.cleanup == Cleanup::Compact],
        )?;
    }
    Ok(())
}

/// Applies Kafka's rules for names, so that they are valid on both buses.
fn check(spec: &TopicSpec) -> Result<(), BusError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = spec.name.as_str();
    if name.is_empty() || name.len() > 249 || name == "." || name == ".." || !name.chars().all(legal) {
        return Err(BusError::Fatal(format!(
            "{name:?} is no name for a topic; use 1 to 249 of the letters, digits, dots, underscores and hyphens of ASCII"
        )));
    }
    if spec.partitions < 1 {
        return Err(BusError::Fatal(format!("topic {name} needs at least one partition")));
    }
    Ok(())
}

/// Deletes topics and everything that belongs to them, or none of them.
pub(super) fn delete(connection: &Connection, names: &[String]) -> Result<(), WorkError> {
    for name in names {
        let (id, _) = topic(connection, name)?;
        for sql in [
            "DELETE FROM records WHERE partition IN (SELECT id FROM partitions WHERE topic = ?1)",
            "DELETE FROM cursors WHERE partition IN (SELECT id FROM partitions WHERE topic = ?1)",
            "DELETE FROM assignments WHERE partition IN (SELECT id FROM partitions WHERE topic = ?1)",
            "DELETE FROM interests WHERE topic = ?1",
            "DELETE FROM partitions WHERE topic = ?1",
            "DELETE FROM topics WHERE id = ?1",
        ] {
            connection.execute(sql, [id])?;
        }
    }
    membership::rebalance_all(connection)?;
    Ok(())
}

pub(super) fn list(connection: &Connection) -> Result<Vec<String>, WorkError> {
    let mut select = connection.prepare_cached("SELECT name FROM topics ORDER BY name")?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(super) fn describe(connection: &Connection, name: &str) -> Result<Option<TopicState>, WorkError> {
    let found = connection
        .prepare_cached("SELECT id, partitions, retention_ms, compacted FROM topics WHERE name = ?1")?
        .query_row([name], |row| {
            let state = TopicState {
                name: name.to_owned(),
                partitions: row.get(1)?,
                replication: 1,
                retention_ms: row.get(2)?,
                cleanup: if row.get(3)? { Cleanup::Compact } else { Cleanup::Delete },
                // Housekeeping removes single records.
                cleanup_delay_ms: Some(0),
                watermarks: Vec::new(),
            };
            Ok((row.get::<_, i64>(0)?, state))
        })
        .optional()?;
    let Some((id, mut state)) = found else { return Ok(None) };
    state.watermarks = connection
        .prepare_cached("SELECT first_offset, next_offset FROM partitions WHERE topic = ?1 ORDER BY number")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(Some(state))
}

pub(super) fn lag(connection: &Connection, group: &str, name: &str) -> Result<Vec<Lag>, WorkError> {
    let (id, _) = topic(connection, name)?;
    let lag = connection
        .prepare_cached(
            "SELECT number, committed, next_offset, first_offset FROM partitions \
             LEFT JOIN cursors ON cursors.partition = partitions.id AND cursors.grp = ?2 \
             WHERE topic = ?1 ORDER BY number",
        )?
        .query_map(params![id, group], |row| {
            Ok(Lag {
                at: TopicPartition::new(name, row.get(0)?),
                committed: row.get(1)?,
                end: row.get(2)?,
                begin: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(lag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kafka_would_refuse_are_refused() {
        let spec = |name: &str, partitions| TopicSpec {
            name: name.to_owned(),
            partitions,
            retention: None,
            cleanup: Cleanup::Delete,
        };
        for bad in ["", "..", "two words", "größe", &"x".repeat(250)] {
            assert!(check(&spec(bad, 1)).is_err(), "{bad}");
        }
        assert!(check(&spec("fine.topic_1-a", 1)).is_ok());
        assert!(check(&spec("fine", 0)).is_err());
    }
}
