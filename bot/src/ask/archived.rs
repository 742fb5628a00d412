//! Archived threads: Discord lists only active ones by itself, so `bot-settings` keeps the public ones that the bot has
//! seen. They count like any thread of their channel.

use crate::discord::{
    access::{Channel, Kind, Overwrites, Topology},
    ids::EventId,
};
use rtfm_shared::event;
use std::collections::BTreeSet;

/// An answer may rest on so many of them, the newest: what a query says must fit into a record of the bus.
const MOST: usize = 5000;

/// The threads of a snapshot that only `bot-settings` knows.
#[derive(Debug)]
pub(super) struct Archived(BTreeSet<u64>);

impl Archived {
    /// Adds public threads to a snapshot that lacks them, each under its channel. A thread never becomes private or
    /// changes its channel; one whose channel is not in the snapshot is left out.
    pub(super) fn join(
        topology: &mut Topology,
        threads: impl IntoIterator<Item = (event::ChannelId, event::ChannelId)>,
    ) -> Self {
        let mut new = BTreeSet::new();
        for (thread, parent) in threads {
            let (Some(thread), Some(parent)) = (thread.number(), parent.number()) else { continue };
            let hangs = topology.channels.get(&parent).is_some_and(|channel| channel.kind == Kind::Text);
            // The live state of a thread takes precedence.
            if hangs && !topology.channels.contains_key(&thread) {
                let (kind, overwrites) = (Kind::PublicThread { parent }, Overwrites::default());
                topology.channels.insert(thread, Channel { kind, age_restricted: false, overwrites });
                new.insert(thread);
            }
        }
        Self(new)
    }

    /// These places, with no more archived threads among them than an answer may rest on.
    pub(super) fn bounded(&self, mut places: Vec<event::ChannelId>) -> Vec<event::ChannelId> {
        let number = |place: &event::ChannelId| place.number().filter(|id| self.0.contains(id));
        let mut archived: Vec<u64> = places.iter().filter_map(number).collect();
        if let Some(surplus) = archived.len().checked_sub(MOST).filter(|surplus| *surplus > 0) {
            archived.sort_unstable();
            tracing::debug!(surplus, "too many archived threads, using the newest");
            let newest = archived.split_off(surplus);
            places.retain(|place| number(place).is_none_or(|id| newest.binary_search(&id).is_ok()));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology() -> Topology {
        let channel = |kind| Channel { kind, age_restricted: false, overwrites: Overwrites::default() };
        let channels = [
            (10, Kind::Text),
            (11, Kind::Voice),
            (12, Kind::Category),
            (20, Kind::PublicThread { parent: 10 }),
            (21, Kind::PrivateThread { parent: 10 }),
        ];
        Topology {
            guild: 1,
            channels: channels.into_iter().map(|(id, kind)| (id, channel(kind))).collect(),
            ..Topology::default()
        }
    }

    fn ids(ids: impl IntoIterator<Item = u64>) -> Vec<event::ChannelId> {
        ids.into_iter().map(Into::into).collect()
    }

    #[test]
    fn threads_of_known_channels_join_and_no_others() {
        let mut known = topology();
        let noted = [(30, 10), (31, 99), (32, 12), (33, 20), (34, 11), (20, 10), (21, 10)];
        let noted = noted.map(|(thread, parent): (u64, u64)| (thread.into(), parent.into()));
        let odd = ("x".into(), 10.into());
        let archived = Archived::join(&mut known, noted.into_iter().chain([odd]));
        assert_eq!(archived.0, [30].into());
        let mut expected = topology();
        let thread = Channel { kind: Kind::PublicThread { parent: 10 }, ..topology().channels[&20].clone() };
        expected.channels.insert(30, thread);
        assert_eq!(known, expected, "a private thread stays one, whatever was noted");
    }

    #[test]
    fn the_newest_count_where_there_are_too_many() {
        let mut known = topology();
        let most = MOST as u64;
        let noted = (100..100 + most + 3).map(|thread| (thread.into(), 10.into()));
        let archived = Archived::join(&mut known, noted);
        let few = ids([10, 20, 100, 101]);
        assert_eq!(archived.bounded(few.clone()), few);
        let bounded = archived.bounded(ids([10, 20].into_iter().chain(100..100 + most + 3)));
        assert_eq!(bounded, ids([10, 20].into_iter().chain(103..103 + most)));
    }
}
