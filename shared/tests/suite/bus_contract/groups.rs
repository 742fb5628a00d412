//! Consumer groups: what is committed, what is delivered again.

use super::{
    BusFixture, PATIENCE,
    member::{Member, next},
    world::{World, on, subscribe},
};
use rtfm_shared::bus::StartAt;
use std::time::Duration;

/// The values 0, 1, … as text.
fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

/// What a group has committed on partition 0.
async fn committed<G: BusFixture>(world: &World<G>, group: &str, topic: &str) -> Option<i64> {
    world.bus.lag(group, topic).await.expect("lag")[0].committed
}

/// The next member begins with the first record that was not committed, however much the last one had heard.
pub(crate) async fn a_group_resumes_where_it_committed<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 1).await, world.name("g"));
    world.fill(&topic, 0, 10).await;
    let first = Member::run(world.subscribe(&topic, Some(&group)).await);
    first.hears(10).await;
    first.commit(vec![next(&topic, 0, 4)]).await.expect("committed");
    assert_eq!(committed(world, &group, &topic).await, Some(4));
    let heard = first.close(Vec::new()).await;
    assert_eq!(heard.values(), numbers(0..10));
    let second = Member::run(world.subscribe(&topic, Some(&group)).await);
    second.hears(6).await;
    assert_eq!(second.close(Vec::new()).await.values(), numbers(4..10));
}

/// A member that goes without committing leaves everything to the next one.
pub(crate) async fn uncommitted_records_are_redelivered<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 1).await, world.name("g"));
    world.fill(&topic, 0, 5).await;
    for _ in 0..2 {
        let member = Member::run(world.subscribe(&topic, Some(&group)).await);
        member.hears(5).await;
        assert_eq!(member.vanish().await.values(), numbers(0..5));
    }
    assert_eq!(committed(world, &group, &topic).await, None);
}

/// What was stored but not yet committed is committed on closing.
pub(crate) async fn closing_commits_what_is_stored<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 1).await, world.name("g"));
    world.fill(&topic, 0, 5).await;
    let member = Member::run(world.subscribe(&topic, Some(&group)).await);
    member.hears(5).await;
    member.close(vec![next(&topic, 0, 3)]).await;
    assert_eq!(committed(world, &group, &topic).await, Some(3));
}

/// Every group hears everything, and one group's commits are not another's.
pub(crate) async fn groups_do_not_disturb_each_other<G: BusFixture>(world: &World<G>) {
    let (topic, one, other) = (world.topic("t", 1).await, world.name("one"), world.name("other"));
    world.fill(&topic, 0, 4).await;
    let first = Member::run(world.subscribe(&topic, Some(&one)).await);
    let second = Member::run(world.subscribe(&topic, Some(&other)).await);
    first.hears(4).await;
    second.hears(4).await;
    first.commit(vec![next(&topic, 0, 4)]).await.expect("committed");
    assert_eq!(committed(world, &one, &topic).await, Some(4));
    assert_eq!(committed(world, &other, &topic).await, None);
    assert_eq!(second.vanish().await.values(), numbers(0..4));
}

/// A group that starts at the end is not given what lay there before, and hears what comes after.
pub(crate) async fn a_group_at_the_end_receives_only_new_records<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 1).await, world.name("g"));
    for _ in 0..5 {
        world.bus.publish(on(&topic, 0, "before")).await.expect("published");
    }
    let member = Member::run(subscribe(&*world.bus, &topic, Some(&group), StartAt::Latest).await);
    member.owns(1).await;
    // A broker may still be looking the end up when the partition is assigned: what is published in that
    // moment may count as before, so this goes on until something is heard.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while member.look(|heard| heard.records.is_empty()) {
        assert!(tokio::time::Instant::now() < deadline, "nothing was heard");
        world.bus.publish(on(&topic, 0, "after")).await.expect("published");
        let soon = member.until("a record", |heard| !heard.records.is_empty());
        let _ = tokio::time::timeout(Duration::from_millis(500), soon).await;
    }
    assert!(member.look(|heard| heard.values().iter().all(|value| value == "after")));
}

/// Storing an older offset after a newer one does not take the group back.
pub(crate) async fn a_commit_never_goes_back<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 1).await, world.name("g"));
    world.fill(&topic, 0, 8).await;
    let member = Member::run(world.subscribe(&topic, Some(&group)).await);
    member.hears(8).await;
    member.commit(vec![next(&topic, 0, 6)]).await.expect("committed");
    member.commit(vec![next(&topic, 0, 2)]).await.expect("ignored");
    member.commit(Vec::new()).await.expect("nothing to do");
    assert_eq!(committed(world, &group, &topic).await, Some(6));
    member.close(vec![next(&topic, 0, 3)]).await;
    assert_eq!(committed(world, &group, &topic).await, Some(6));
}

/// Offsets of partitions that are not the member's own are ignored, also when they are not there at all.
pub(crate) async fn offsets_of_partitions_not_owned_are_ignored<G: BusFixture>(world: &World<G>) {
    let (mine, group) = (world.topic("mine", 1).await, world.name("g"));
    let other = world.topic("other", 1).await;
    world.fill(&mine, 0, 2).await;
    world.fill(&other, 0, 2).await;
    let member = Member::run(world.subscribe(&mine, Some(&group)).await);
    member.hears(2).await;
    member.commit(vec![next(&other, 0, 1), next(&mine, 7, 1), next(&mine, 0, 1)]).await.expect("committed");
    assert_eq!(committed(world, &group, &other).await, None);
    assert_eq!(committed(world, &group, &mine).await, Some(1));
}
