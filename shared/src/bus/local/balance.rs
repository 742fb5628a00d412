//! Shares partitions evenly and moves as few as possible.

use std::collections::{BTreeMap, BTreeSet};

/// A group member and its topics.
#[derive(Clone, Debug)]
pub(super) struct MemberSubscription {
    pub(super) member: String,
    pub(super) topics: BTreeSet<i64>,
}

/// Shares partitions (partition → topic) among the members in the order of joining. A member keeps its partitions unless
/// another that subscribes to the topic has at least two fewer.
pub(super) fn share(
    subscriptions: &[MemberSubscription],
    partitions: &BTreeMap<i64, i64>,
    current: &BTreeMap<i64, String>,
) -> BTreeMap<i64, String> {
    let mut shares: Vec<Share<'_>> =
        subscriptions.iter().map(|subscription| Share { subscription, partitions: BTreeSet::new() }).collect();
    let mut unassigned = Vec::new();
    for (partition, topic) in partitions {
        let holder = current.get(partition).and_then(|member| {
            shares.iter_mut().find(|share| share.subscription.member == *member && share.wants(*topic))
        });
        match holder {
            Some(share) => drop(share.partitions.insert(*partition)),
            None => unassigned.push((*partition, *topic)),
        }
    }
    for (partition, topic) in unassigned {
        if let Some(share) = shares.iter_mut().filter(|share| share.wants(topic)).min_by_key(|share| share.size()) {
            share.partitions.insert(partition);
        }
    }
    while let Some((from, partition, to)) = next_move(&shares, partitions) {
        if let Some(share) = shares.get_mut(from) {
            share.partitions.remove(&partition);
        }
        if let Some(share) = shares.get_mut(to) {
            share.partitions.insert(partition);
        }
    }
    let owned = |share: Share<'_>| {
        let member = share.subscription.member.clone();
        share.partitions.into_iter().map(move |partition| (partition, member.clone()))
    };
    shares.into_iter().flat_map(owned).collect()
}

struct Share<'a> {
    subscription: &'a MemberSubscription,
    partitions: BTreeSet<i64>,
}

impl Share<'_> {
    fn wants(&self, topic: i64) -> bool {
        self.subscription.topics.contains(&topic)
    }

    fn size(&self) -> usize {
        self.partitions.len()
    }
}

/// The next move that evens the shares: from the largest possible share, its last partition that a smaller one accepts.
fn next_move(shares: &[Share<'_>], partitions: &BTreeMap<i64, i64>) -> Option<(usize, i64, usize)> {
    let mut changes = Vec::new();
    for (from, rich) in shares.iter().enumerate() {
        for (to, poor) in shares.iter().enumerate().filter(|(_, poor)| poor.size() + 1 < rich.size()) {
            let wanted = |partition: &&i64| partitions.get(*partition).is_some_and(|topic| poor.wants(*topic));
            if let Some(partition) = rich.partitions.iter().rev().find(wanted) {
                changes.push((rich.size() - poor.size(), (from, *partition, to)));
            }
        }
    }
    changes.into_iter().max_by_key(|(difference, _)| *difference).map(|(_, step)| step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subscriptions(wants: &[BTreeSet<i64>]) -> Vec<MemberSubscription> {
        let name = |(n, topics): (usize, &BTreeSet<i64>)| MemberSubscription {
            member: format!("m{n}"),
            topics: topics.clone(),
        };
        wants.iter().enumerate().map(name).collect()
    }

    fn sizes(shared: &BTreeMap<i64, String>) -> BTreeMap<String, usize> {
        shared.values().fold(BTreeMap::new(), |mut sizes, member| {
            *sizes.entry(member.clone()).or_default() += 1;
            sizes
        })
    }

    #[test]
    fn a_second_member_gets_half_and_the_first_keeps_the_other_half() {
        let partitions: BTreeMap<_, _> = (0..6).map(|p| (p, 1)).collect();
        let alone = share(&subscriptions(&[[1].into()]), &partitions, &BTreeMap::new());
        assert_eq!(sizes(&alone), [("m0".to_owned(), 6)].into());
        let two = share(&subscriptions(&[[1].into(), [1].into()]), &partitions, &alone);
        assert_eq!(sizes(&two), [("m0".to_owned(), 3), ("m1".to_owned(), 3)].into());
        assert_eq!(two.iter().filter(|(p, member)| alone[p] != **member).count(), 3);
    }

    proptest! {
        #[test]
        fn every_wanted_partition_is_read_fairly_and_calm_returns(
            wants in prop::collection::vec(prop::collection::btree_set(0_i64..3, 1..3), 1..5),
            partitions in prop::collection::btree_map(0_i64..20, 0_i64..3, 0..12),
            before in prop::collection::btree_map(0_i64..20, 0_usize..6, 0..12),
        ) {
            let subscriptions = subscriptions(&wants);
            let before = before.into_iter().map(|(p, n)| (p, format!("m{n}"))).collect();
            let shared = share(&subscriptions, &partitions, &before);
            for (partition, topic) in &partitions {
                let takers: Vec<_> = subscriptions.iter().filter(|c| c.topics.contains(topic)).map(|c| &c.member).collect();
                match shared.get(partition) {
                    Some(member) => prop_assert!(takers.contains(&member)),
                    None => prop_assert!(takers.is_empty()),
                }
            }
            let sizes = sizes(&shared);
            let size = |member: &String| sizes.get(member).copied().unwrap_or(0);
            for (partition, member) in &shared {
                let topic = partitions[partition];
                for other in subscriptions.iter().filter(|c| c.topics.contains(&topic)) {
                    prop_assert!(size(member) <= size(&other.member) + 1);
                }
            }
            prop_assert_eq!(share(&subscriptions, &partitions, &shared), shared);
        }
    }
}
