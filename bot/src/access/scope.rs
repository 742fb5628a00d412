//! The channels that an answer may rest on, computed anew for each question. What is not known for
//! certain is left out; the least is nothing at all.

use super::{
    audience::Audience,
    permissions::can_read,
    topology::{Kind, Person, Topology},
};
use rtfm_shared::event::ChannelId;

/// For an answer that everyone who views the asking channel will read: the places that every one of them
/// can read, and the asker, and the bot. A private thread counts only when it is the asking one; those who
/// view it are among those who view its parent.
pub(crate) fn for_channel_answer(topology: &Topology, asking: u64, asker: &Person, bot: &Person) -> Vec<ChannelId> {
    // Without @everyone's permissions nobody can say who views anything.
    if !topology.roles.contains_key(&topology.guild) {
        return Vec::new();
    }
    let Some(viewed) = topology.ruling(asking) else { return Vec::new() };
    let audience = Audience::of(topology, viewed);
    let places = readable(topology, Some(asking), asker, bot);
    // Threads share their parent's verdict, so each ruling channel is proven once.
    let mut verdicts = std::collections::HashMap::new();
    let proven = places.filter(|place| {
        let Some(read) = topology.ruling(*place) else { return false };
        *verdicts.entry(std::ptr::from_ref(read)).or_insert_with(|| audience.can_read(read))
    });
    proven.map(ChannelId::from).collect()
}

/// For an answer that only the asker sees: the places that the asker and the bot can read. `asking` is where the
/// question is asked, or `None` for a direct message.
pub(crate) fn for_private_answer(
    topology: &Topology,
    asking: Option<u64>,
    asker: &Person,
    bot: &Person,
) -> Vec<ChannelId> {
    readable(topology, asking, asker, bot).map(ChannelId::from).collect()
}

fn readable<'a>(
    topology: &'a Topology,
    asking: Option<u64>,
    asker: &'a Person,
    bot: &'a Person,
) -> impl Iterator<Item = u64> + 'a {
    let open = move |id: u64, kind: &Kind| match kind {
        Kind::Category => false,
        Kind::PrivateThread { .. } => asking == Some(id),
        _ => true,
    };
    let places = topology.channels.iter().filter(move |(id, channel)| open(**id, &channel.kind)).map(|(id, _)| *id);
    places.filter(move |place| can_read(topology, *place, asker) && can_read(topology, *place, bot))
}
