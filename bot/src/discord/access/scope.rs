//! The channels that an answer may rest on, computed anew for each question. What is not known for certain is left
//! out; the least is nothing at all.

use super::{
    audience::Audience,
    permissions::{can_read, can_view, is_private_thread},
    person::Person,
    topology::Topology,
};
use rtfm_shared::event::ChannelId;
use std::collections::HashMap;

/// For an answer that everyone who views the asking channel will read: the places that every one of them can read,
/// and the asker, and the bot. A private thread counts only when it is the asking one.
pub fn for_channel_answer(topology: &Topology, asking: u64, asker: &Person, bot: &Person) -> Vec<ChannelId> {
    let Some((_, viewed)) = topology.ruling(asking) else { return Vec::new() };
    let Some(audience) = Audience::of(topology, viewed, asker, bot) else { return Vec::new() };
    // Threads share their channel's verdict, so each channel is proven once.
    let mut verdicts = HashMap::new();
    let proven = open(topology, Some(asking), asker, bot)
        .filter(|place| *place == asking || !is_private_thread(topology, *place))
        .filter(|place| {
            let Some((id, read)) = topology.ruling(*place) else { return false };
            *verdicts.entry(id).or_insert_with(|| audience.can_read(read))
        });
    proven.map(ChannelId::from).collect()
}

/// For an answer that only the asker sees: the places that the asker and the bot can read. `asking` is where the
/// question is asked, or `None` for a direct message.
pub fn for_private_answer(topology: &Topology, asking: Option<u64>, asker: &Person, bot: &Person) -> Vec<ChannelId> {
    open(topology, asking, asker, bot).map(ChannelId::from).collect()
}

/// Whether a person can read the messages of a channel or thread.
pub fn may_read(topology: &Topology, place: u64, person: &Person) -> bool {
    can_read(topology, place, person, None)
}

/// Whether a person sees new messages in a channel or thread; older ones may be hidden.
pub fn may_view(topology: &Topology, place: u64, person: &Person) -> bool {
    can_view(topology, place, person)
}

/// What the asker and the bot can read. Who asks in an age-restricted channel has passed its gate; it is unknown who
/// else has.
fn open<'a>(
    topology: &'a Topology,
    asking: Option<u64>,
    asker: &'a Person,
    bot: &'a Person,
) -> impl Iterator<Item = u64> + 'a {
    let restricted = move |place| topology.ruling(place).is_some_and(|(_, ruling)| ruling.age_restricted);
    let through_the_gate = asking.is_some_and(restricted);
    let places = topology.channels.keys().copied();
    places
        .filter(move |place| through_the_gate || !restricted(*place))
        .filter(move |place| can_read(topology, *place, asker, asking) && can_read(topology, *place, bot, None))
}
