//! What an operator's tools look at and do: groups and who is in them, a part of a partition, records deleted.

use super::{
    BusFixture,
    member::{Member, next},
    world::{World, bytes, keyed, on},
};
use rtfm_shared::bus::{BusError, Headers, OutRecord, Record, TopicPartition};

/// Reads a whole partition, in parts of so many records.
async fn whole<G: BusFixture>(world: &World<G>, at: &TopicPartition, mut from: i64, part: usize) -> Vec<Record> {
    let mut all: Vec<Record> = Vec::new();
    loop {
        let records = world.bus.read(at, from, part).await.expect("read");
        assert!(records.len() <= part);
        let Some(last) = records.last() else { return all };
        from = last.offset + 1;
        all.extend(records);
    }
}

fn values(records: &[Record]) -> Vec<(i64, &[u8])> {
    records.iter().map(|record| (record.offset, record.value.as_deref().unwrap_or_default())).collect()
}

/// A part of a partition is read as it lies there, from any offset, whole.
pub(crate) async fn a_range_of_a_partition_is_read<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 2).await;
    let at = TopicPartition::new(topic.as_str(), 1);
    assert_eq!(world.bus.read(&at, 0, 10).await.expect("read"), [], "nothing is there yet");
    world.fill(&topic, 0, 3).await;
    world.fill(&topic, 1, 5).await;
    let mut headers = Headers::default();
    headers.push("twice", bytes("a"));
    headers.push("twice", bytes("b"));
    let odd = OutRecord { key: Some(bytes("key")), headers, ..on(&topic, 1, "5") };
    world.bus.publish(odd.clone()).await.expect("published");
    let expected = [(0, &b"0"[..]), (1, b"1"), (2, b"2"), (3, b"3"), (4, b"4"), (5, b"5")];
    for part in [1, 2, 100] {
        assert_eq!(values(&whole(world, &at, 0, part).await), expected, "in parts of {part}");
    }
    let tail = world.bus.read(&at, 4, 100).await.expect("read");
    assert_eq!(values(&tail), expected[4..]);
    assert_eq!((&tail[1].key, &tail[1].headers, &tail[1].at), (&odd.key, &odd.headers, &at));
    assert_eq!(world.bus.read(&at, 6, 100).await.expect("read"), [], "at the end");
    assert_eq!(world.bus.read(&at, 600, 100).await.expect("read"), [], "beyond the end");
    assert_eq!(values(&world.bus.read(&at, -3, 1).await.expect("read")), expected[..1], "before the beginning");
}

/// Deleted records are gone for everybody, offsets stay, and what is beyond the end goes on.
pub(crate) async fn records_before_an_offset_are_deleted<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 2).await;
    let at = TopicPartition::new(topic.as_str(), 0);
    world.fill(&topic, 0, 5).await;
    world.fill(&topic, 1, 2).await;
    world.bus.delete_records(&at, 3).await.expect("deleted");
    let marks = async || {
        let states = world.bus.describe_topics(&[&topic]).await.expect("described");
        states[0].as_ref().expect("it exists").watermarks.clone()
    };
    assert_eq!(marks().await, [(3, 5), (0, 2)]);
    assert_eq!(values(&whole(world, &at, 0, 10).await), [(3, &b"3"[..]), (4, b"4")]);
    world.bus.delete_records(&at, 1).await.expect("nothing to do");
    assert_eq!(marks().await, [(3, 5), (0, 2)], "nothing comes back");
    world.bus.delete_records(&at, 1_000).await.expect("all of it");
    assert_eq!(marks().await, [(5, 5), (0, 2)]);
    assert_eq!(world.bus.read(&at, 0, 10).await.expect("read"), []);
    world.bus.publish(on(&topic, 0, "after")).await.expect("published");
    assert_eq!(values(&whole(world, &at, 0, 10).await), [(5, &b"after"[..])], "offsets go on");
}

/// Topics and partitions that are not there are named.
pub(crate) async fn unknown_partitions_cannot_be_read_or_deleted<G: BusFixture>(world: &World<G>) {
    let topic = world.topic("t", 1).await;
    for (name, partition) in [(world.name("nowhere"), 0), (topic.clone(), 1), (topic, -1)] {
        let at = TopicPartition::new(name.as_str(), partition);
        for error in [world.bus.read(&at, 0, 1).await.map(drop), world.bus.delete_records(&at, 1).await] {
            match error {
                Err(BusError::UnknownTopic(named)) => assert_eq!((named, partition), (name.clone(), 0)),
                Err(BusError::UnknownPartition { topic, partition: named }) => {
                    assert_eq!((topic, named), (name.clone(), partition));
                    assert_ne!(partition, 0);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A group is known while it has members and by what it committed; its members are seen with their partitions.
pub(crate) async fn groups_are_listed_with_their_members<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 3).await, world.name("g"));
    let known = async || world.bus.list_groups().await.expect("listed").contains(&group);
    assert!(!known().await);
    assert_eq!(world.bus.describe_group(&group).await.expect("described"), []);
    let member = Member::run(world.subscribe(&topic, Some(&group)).await);
    member.owns(3).await;
    world.bus.publish(keyed(&topic, "k", "x")).await.expect("published");
    member.hears(1).await;
    let heard = member.look(|heard| heard.records[0].clone());
    member.commit(vec![next(&topic, heard.at.partition, heard.offset + 1)]).await.expect("committed");
    assert!(known().await);
    let members = world.bus.describe_group(&group).await.expect("described");
    assert_eq!(members.len(), 1, "{members:?}");
    assert_eq!(members[0].topics, [topic.as_str()]);
    let all: Vec<_> = (0..3).map(|partition| TopicPartition::new(topic.as_str(), partition)).collect();
    assert_eq!(members[0].partitions, all);
    assert!(!members[0].id.is_empty());
    let lone = Member::run(world.subscribe(&topic, None).await);
    lone.hears(1).await;
    member.close(Vec::new()).await;
    assert_eq!(world.bus.describe_group(&group).await.expect("described"), []);
    assert!(known().await, "its commits are still there");
    let all = world.bus.list_groups().await.expect("listed");
    assert!(all.is_sorted(), "{all:?}");
    assert!(!all.iter().any(|name| name.starts_with("rtfm-reader")), "lone readers are no group: {all:?}");
}
