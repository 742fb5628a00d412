//! Members that come and go: each partition is read by one at a time, and nothing falls between two.

use super::{
    BusFixture, PATIENCE,
    member::{Member, MemberOptions, Owners, next, text},
    world::{World, on, subscribe},
};
use rtfm_shared::bus::StartAt;
use std::collections::{BTreeSet, HashMap};

/// A member of a group on a client of its own, as another process would be.
async fn join<G: BusFixture>(world: &World<G>, topic: &str, group: &str, manners: MemberOptions) -> Member {
    let bus = world.fixture.bus().await;
    Member::run_with(subscribe(&*bus, topic, Some(group), StartAt::Earliest).await, manners)
}

fn named(name: &'static str, owners: &Owners) -> MemberOptions {
    MemberOptions { owners: Some((name, owners.clone())), commits: true, holds: false }
}

/// Two members get half of the partitions each, and each record goes to the one who has its partition.
pub(crate) async fn members_share_the_partitions<G: BusFixture>(world: &World<G>) {
    let (topic, group, owners) = (world.topic("t", 4).await, world.name("g"), Owners::default());
    let ana = join(world, &topic, &group, named("ana", &owners)).await;
    ana.owns(4).await;
    let ben = join(world, &topic, &group, named("ben", &owners)).await;
    tokio::join!(ana.owns(2), ben.owns(2));
    assert_eq!(world.bus.members(&group, &topic).await.expect("counted"), 2);
    assert_eq!(world.bus.members(&world.name("nobody"), &topic).await.expect("counted"), 0);
    for partition in 0..4 {
        world.fill(&topic, partition, 10).await;
    }
    tokio::join!(ana.hears(20), ben.hears(20));
    for member in [ana.close(Vec::new()).await, ben.close(Vec::new()).await] {
        assert_eq!(member.faults, Vec::<String>::new());
        assert_eq!(member.records.len(), 20, "each record is heard once");
        assert!(member.records.iter().all(|record| member.owned.contains(&record.at)));
    }
    assert_eq!(world.bus.members(&group, &topic).await.expect("counted"), 0);
}

/// A partition stays with its member until that has let go; what it committed meanwhile counts.
pub(crate) async fn a_partition_is_drained_before_it_is_handed_over<G: BusFixture>(world: &World<G>) {
    let (topic, group, owners) = (world.topic("t", 2).await, world.name("g"), Owners::default());
    for partition in 0..2 {
        world.fill(&topic, partition, 6).await;
    }
    let manners = MemberOptions { holds: true, commits: false, owners: Some(("ana", owners.clone())) };
    let ana = join(world, &topic, &group, manners).await;
    ana.hears(12).await;
    let ben = join(world, &topic, &group, MemberOptions { commits: false, ..named("ben", &owners) }).await;
    ana.until("a revocation", |heard| !heard.held.is_empty()).await;
    let moving = ana.look(|heard| heard.held[0].partitions.clone());
    assert_eq!(moving.len(), 1, "only what moves is revoked");
    let partition = moving[0].partition;
    ana.commit(vec![next(&topic, partition, 4)]).await.expect("it may still commit");
    assert!(ben.look(|heard| heard.owned.is_empty() && heard.records.is_empty()), "not yet");
    ana.let_go();
    ben.hears(2).await;
    ben.look(|heard| {
        assert_eq!(heard.owned, moving.iter().cloned().collect::<BTreeSet<_>>());
        assert_eq!(heard.values(), ["4", "5"]);
        assert_eq!(heard.faults, Vec::<String>::new());
    });
    // It is not ana's any more.
    ana.commit(vec![next(&topic, partition, 6)]).await.expect("ignored");
    let lag = world.bus.lag(&group, &topic).await.expect("lag");
    assert_eq!(lag.iter().find(|lag| lag.at == moving[0]).expect("listed").committed, Some(4));
}

/// A member that closes leaves its partitions to those who stay, with what it had done.
pub(crate) async fn a_member_that_closes_hands_over<G: BusFixture>(world: &World<G>) {
    let (topic, group, owners) = (world.topic("t", 2).await, world.name("g"), Owners::default());
    let ana = join(world, &topic, &group, named("ana", &owners)).await;
    ana.owns(2).await;
    let ben = join(world, &topic, &group, named("ben", &owners)).await;
    tokio::join!(ana.owns(1), ben.owns(1));
    for partition in 0..2 {
        world.fill(&topic, partition, 3).await;
    }
    tokio::join!(ana.hears(3), ben.hears(3));
    ana.close(Vec::new()).await;
    ben.owns(2).await;
    for partition in 0..2 {
        world.bus.publish(on(&topic, partition, "after")).await.expect("published");
    }
    ben.hears(5).await;
    let heard = ben.close(Vec::new()).await;
    assert_eq!(heard.values().iter().filter(|value| *value == "after").count(), 2);
    assert_eq!(heard.records.len(), 5, "nothing that was committed came again");
    assert_eq!(heard.faults, Vec::<String>::new());
}

/// A member that is dropped without a word is replaced.
pub(crate) async fn a_vanished_member_is_replaced<G: BusFixture>(world: &World<G>) {
    let (topic, group) = (world.topic("t", 2).await, world.name("g"));
    let ana = join(world, &topic, &group, MemberOptions::default()).await;
    ana.owns(2).await;
    let ben = join(world, &topic, &group, MemberOptions::default()).await;
    tokio::join!(ana.owns(1), ben.owns(1));
    ana.vanish().await;
    ben.owns(2).await;
    for partition in 0..2 {
        world.fill(&topic, partition, 3).await;
    }
    ben.hears(6).await;
}

/// With members joining and leaving all the time every record is heard, in order within its partition, and never
/// do two members have a partition at once.
pub(crate) async fn no_record_is_missed_during_rebalances<G: BusFixture>(world: &World<G>) {
    let (topic, group, owners) = (world.topic("t", 4).await, world.name("g"), Owners::default());
    let publisher = tokio::spawn({
        let (bus, topic) = (world.bus.clone(), topic.clone());
        async move {
            for n in 0..200 {
                let batch = (0..4).map(|partition| on(&topic, partition, &n.to_string())).collect();
                bus.publish_all(batch).await.expect("published");
            }
        }
    });
    let mut ended = Vec::new();
    let mut present = Vec::new();
    for name in ["ana", "ben", "cleo", "dan"] {
        let member = join(world, &topic, &group, named(name, &owners)).await;
        member.until("a partition", |heard| !heard.owned.is_empty()).await;
        present.push(member);
        if present.len() == 3 {
            ended.push(present.remove(0).close(Vec::new()).await);
        }
    }
    publisher.await.expect("all published");
    ended.push(present.remove(0).close(Vec::new()).await);
    let last = present.remove(0);
    last.owns(4).await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while world.bus.lag(&group, &topic).await.expect("lag").iter().any(|lag| lag.records() > 0) {
        assert!(tokio::time::Instant::now() < deadline, "the group does not reach the end");
        let count = last.look(|heard| heard.records.len());
        let more = last.until("more records", |heard| heard.records.len() > count);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(200), more).await;
    }
    ended.push(last.close(Vec::new()).await);
    let mut all: HashMap<_, BTreeSet<usize>> = HashMap::new();
    for member in &ended {
        assert_eq!(member.faults, Vec::<String>::new());
        for record in &member.records {
            all.entry(record.at.clone()).or_default().insert(text(record).parse().expect("a number"));
        }
        for partition in 0..4 {
            let own: Vec<_> = member.records.iter().filter(|r| r.at.partition == partition).map(|r| r.offset).collect();
            assert!(own.is_sorted(), "partition {partition} went back within one member: {own:?}");
        }
    }
    assert_eq!(all.len(), 4);
    assert!(all.values().all(|values| values.len() == 200), "some were never heard");
}
