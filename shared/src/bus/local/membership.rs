//! Consumer groups in the file. A join, a leave or the removal of a dead member computes in the same transaction who
//! should read each partition (its *target*). Members then release partitions meant for others and take free ones.
//! No member takes an owned partition unless its owner missed the handover deadline.

use super::{
    append::topic,
    balance::{MemberSubscription, share},
    error::WorkError,
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};

/// A group member's key.
#[derive(Clone, Debug)]
pub(super) struct MemberKey {
    pub(super) id: String,
    pub(super) group: String,
}

/// A partition and its ownership's epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) partition: i64,
    pub(super) epoch: i64,
}

/// A partition of a group, its owner and its target.
#[derive(Clone, Debug)]
pub(super) struct PartitionAssignment {
    pub(super) lease: Lease,
    pub(super) owner: Option<String>,
    pub(super) target: Option<String>,
}

/// A newly acquired partition and the offset to continue with.
#[derive(Clone, Copy, Debug)]
pub(super) struct AcquiredLease {
    pub(super) lease: Lease,
    pub(super) next: i64,
}

pub(super) fn join(
    connection: &Connection,
    member: &MemberKey,
    instance: &str,
    topics: &[String],
) -> Result<(), WorkError> {
    connection.prepare_cached("INSERT INTO members (id, grp, instance) VALUES (?1, ?2, ?3)")?.execute(params![
        member.id,
        member.group,
        instance
    ])?;
    for name in topics {
        let (id, _) = topic(connection, name)?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO interests (member, topic) VALUES (?1, ?2)")?
            .execute(params![member.id, id])?;
    }
    rebalance(connection, &member.group)
}

/// Removes a member and frees its partitions.
pub(super) fn leave(connection: &Connection, member: &MemberKey) -> Result<(), WorkError> {
    connection.prepare_cached("DELETE FROM interests WHERE member = ?1")?.execute([&member.id])?;
    if connection.prepare_cached("DELETE FROM members WHERE id = ?1")?.execute([&member.id])? == 0 {
        return Ok(());
    }
    connection
        .prepare_cached("UPDATE assignments SET owner = NULL WHERE grp = ?1 AND owner = ?2")?
        .execute(params![member.group, member.id])?;
    rebalance(connection, &member.group)
}

/// Removes all members of these open buses; returns their number.
pub(super) fn remove_instances(connection: &Connection, instances: &[String]) -> Result<usize, WorkError> {
    let mut removed = 0;
    for instance in instances {
        let dead: Vec<MemberKey> = connection
            .prepare_cached("SELECT id, grp FROM members WHERE instance = ?1")?
            .query_map([instance], |row| Ok(MemberKey { id: row.get(0)?, group: row.get(1)? }))?
            .collect::<Result<_, _>>()?;
        for member in &dead {
            leave(connection, member)?;
        }
        removed += dead.len();
    }
    Ok(removed)
}

/// Removes all members of a closing bus, in a transaction of its own.
pub(super) fn leave_all(connection: &Connection, instance: &str) -> Result<(), WorkError> {
    if !connection.prepare_cached("SELECT 1 FROM members WHERE instance = ?1")?.exists([instance])? {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    remove_instances(&transaction, &[instance.to_owned()])?;
    Ok(transaction.commit()?)
}

/// Open buses that have members.
pub(super) fn instances(connection: &Connection) -> Result<Vec<String>, WorkError> {
    let mut select = connection.prepare_cached("SELECT DISTINCT instance FROM members")?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The open bus of each group member that subscribes to a topic.
pub(super) fn of_group(connection: &Connection, group: &str, name: &str) -> Result<Vec<String>, WorkError> {
    let (id, _) = topic(connection, name)?;
    let mut select = connection.prepare_cached(
        "SELECT instance FROM members JOIN interests ON interests.member = members.id WHERE grp = ?1 AND topic = ?2",
    )?;
    Ok(select.query_map(params![group, id], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(super) fn rebalance_all(connection: &Connection) -> Result<(), WorkError> {
    let groups: Vec<String> = connection
        .prepare_cached("SELECT name FROM groups")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    groups.iter().try_for_each(|group| rebalance(connection, group))
}

fn rebalance(connection: &Connection, group: &str) -> Result<(), WorkError> {
    let mut subscriptions: BTreeMap<i64, MemberSubscription> = BTreeMap::new();
    let mut select = connection.prepare_cached(
        "SELECT joined, id, topic FROM members JOIN interests ON interests.member = members.id WHERE grp = ?1",
    )?;
    let mut rows = select.query([group])?;
    while let Some(row) = rows.next()? {
        let member: String = row.get(1)?;
        let subscription =
            subscriptions.entry(row.get(0)?).or_insert_with(|| MemberSubscription { member, topics: BTreeSet::new() });
        subscription.topics.insert(row.get(2)?);
    }
    let partitions: BTreeMap<i64, i64> = connection
        .prepare_cached(
            "SELECT id, topic FROM partitions WHERE topic IN \
             (SELECT topic FROM interests JOIN members ON members.id = interests.member WHERE grp = ?1)",
        )?
        .query_map([group], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let current: BTreeMap<i64, String> = connection
        .prepare_cached("SELECT partition, target FROM assignments WHERE grp = ?1 AND target IS NOT NULL")?
        .query_map([group], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let shared = share(&subscriptions.into_values().collect::<Vec<_>>(), &partitions, &current);
    connection.prepare_cached("UPDATE assignments SET target = NULL WHERE grp = ?1")?.execute([group])?;
    for (partition, member) in shared {
        connection
            .prepare_cached(
                "INSERT INTO assignments (grp, partition, target) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET target = excluded.target",
            )?
            .execute(params![group, partition, member])?;
    }
    moved(connection, group)
}

/// Advances the group's generation, which makes its members poll.
fn moved(connection: &Connection, group: &str) -> Result<(), WorkError> {
    connection
        .prepare_cached(
            "INSERT INTO groups (name, generation) VALUES (?1, 1) \
             ON CONFLICT DO UPDATE SET generation = generation + 1",
        )?
        .execute([group])?;
    Ok(())
}

/// The group's generation, with its assignments unless that generation is known. `None` when the member was removed.
pub(super) fn assignments(
    connection: &Connection,
    member: &MemberKey,
    known: i64,
) -> Result<Option<(i64, Vec<PartitionAssignment>)>, WorkError> {
    let generation: Option<i64> = connection
        .prepare_cached(
            "SELECT generation FROM groups WHERE name = ?1 AND EXISTS (SELECT 1 FROM members WHERE id = ?2)",
        )?
        .query_row(params![member.group, member.id], |row| row.get(0))
        .optional()?;
    let Some(generation) = generation else { return Ok(None) };
    if generation == known {
        return Ok(Some((generation, Vec::new())));
    }
    let assignments = connection
        .prepare_cached("SELECT partition, epoch, owner, target FROM assignments WHERE grp = ?1 ORDER BY partition")?
        .query_map([&member.group], |row| {
            let lease = Lease { partition: row.get(0)?, epoch: row.get(1)? };
            Ok(PartitionAssignment { lease, owner: row.get(2)?, target: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some((generation, assignments)))
}

/// Takes partitions meant for the member that are free or still have the given epoch (of an overdue owner). Without a
/// cursor the group begins at `began`.
pub(super) fn take(
    connection: &Connection,
    member: &MemberKey,
    wanted: &[Lease],
    began: &BTreeMap<i64, i64>,
) -> Result<Vec<AcquiredLease>, WorkError> {
    let mut taken = Vec::new();
    for Lease { partition, epoch } in wanted {
        let new_epoch: Option<i64> = connection
            .prepare_cached(
                "UPDATE assignments SET owner = ?3, epoch = epoch + 1 WHERE grp = ?1 AND partition = ?2 \
                 AND target = ?3 AND epoch = ?4 RETURNING epoch",
            )?
            .query_row(params![member.group, partition, member.id, epoch], |row| row.get(0))
            .optional()?;
        let Some(epoch) = new_epoch else { continue };
        connection
            .prepare_cached("INSERT OR IGNORE INTO cursors (grp, partition, began) VALUES (?1, ?2, ?3)")?
            .execute(params![member.group, partition, began.get(partition).copied().unwrap_or(0)])?;
        let next = connection
            .prepare_cached("SELECT COALESCE(committed, began) FROM cursors WHERE grp = ?1 AND partition = ?2")?
            .query_row(params![member.group, partition], |row| row.get(0))?;
        taken.push(AcquiredLease { lease: Lease { partition: *partition, epoch }, next });
    }
    if !taken.is_empty() {
        moved(connection, &member.group)?;
    }
    Ok(taken)
}

pub(super) fn release(connection: &Connection, member: &MemberKey, given: &[Lease]) -> Result<(), WorkError> {
    for Lease { partition, epoch } in given {
        connection
            .prepare_cached(
                "UPDATE assignments SET owner = NULL WHERE grp = ?1 AND partition = ?2 AND owner = ?3 AND epoch = ?4",
            )?
            .execute(params![member.group, partition, member.id, epoch])?;
    }
    moved(connection, &member.group)
}

/// Advances the group's cursors on partitions that the member still owns. They never move back.
pub(super) fn commit(connection: &Connection, member: &MemberKey, offsets: &[(Lease, i64)]) -> Result<(), WorkError> {
    for (Lease { partition, epoch }, offset) in offsets {
        connection
            .prepare_cached(
                "UPDATE cursors SET committed = MAX(COALESCE(committed, 0), ?5) WHERE grp = ?1 AND partition = ?2 \
                 AND EXISTS (SELECT 1 FROM assignments WHERE grp = ?1 AND partition = ?2 AND owner = ?3 AND epoch = ?4)",
            )?
            .execute(params![member.group, partition, member.id, epoch, offset])?;
    }
    Ok(())
}
