//! What each event changes in the cache: guilds, their channels, roles and members.

use serenity::{
    cache::Cache,
    model::event::{Event, ThreadCreateEvent},
};

/// Brings the cache up to date with an event.
pub(super) fn update(cache: &Cache, event: &mut Event) {
    match event {
        Event::ChannelCreate(event) => drop(cache.update(event)),
        Event::ChannelDelete(event) => drop(cache.update(event)),
        Event::ChannelPinsUpdate(event) => drop(cache.update(event)),
        Event::ChannelUpdate(event) => drop(cache.update(event)),
        Event::GuildCreate(event) => drop(cache.update(event)),
        Event::GuildDelete(event) => drop(cache.update(event)),
        Event::GuildEmojisUpdate(event) => drop(cache.update(event)),
        Event::GuildMemberAdd(event) => drop(cache.update(event)),
        Event::GuildMemberRemove(event) => drop(cache.update(event)),
        Event::GuildMemberUpdate(event) => drop(cache.update(event)),
        Event::GuildMembersChunk(event) => drop(cache.update(event)),
        Event::GuildRoleCreate(event) => drop(cache.update(event)),
        Event::GuildRoleDelete(event) => drop(cache.update(event)),
        Event::GuildRoleUpdate(event) => drop(cache.update(event)),
        Event::GuildStickersUpdate(event) => drop(cache.update(event)),
        Event::GuildUpdate(event) => drop(cache.update(event)),
        Event::MessageCreate(event) => drop(cache.update(event)),
        Event::MessageUpdate(event) => drop(cache.update(event)),
        Event::Ready(event) => drop(cache.update(event)),
        Event::ThreadCreate(event) => drop(cache.update(event)),
        Event::ThreadDelete(event) => drop(cache.update(event)),
        Event::ThreadUpdate(event) => drop(cache.update(event)),
        Event::ThreadListSync(event) => {
            for thread in &event.threads {
                let created = serde_json::to_value(thread).and_then(serde_json::from_value::<ThreadCreateEvent>);
                match created {
                    Ok(mut created) => drop(cache.update(&mut created)),
                    Err(error) => tracing::warn!(thread = %thread.id, %error, "failed to cache a thread"),
                }
            }
        }
        Event::UserUpdate(event) => drop(cache.update(event)),
        _ => {}
    }
}
