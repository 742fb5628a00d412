//! Turns serenity's cache and members into the plain snapshot that [`crate::discord::access`] works on.

use crate::discord::access::{self, Kind, Overwrites, Person, Role, Rules, Standing, Topology};
use serenity::{
    cache::Cache,
    model::{
        Timestamp,
        channel::{ChannelType, GuildChannel, PermissionOverwriteType},
        guild::{Guild, GuildMemberFlags, Member, NsfwLevel},
        id::{GuildId, UserId},
    },
};

/// Media channels, which this serenity does not name: forums of pictures.
const MEDIA: u8 = 16;

/// The guild as the cache has it; none when it does not.
pub(crate) fn of(cache: &Cache, guild: GuildId) -> Option<Topology> {
    cache.guild(guild).map(|guild| of_guild(&guild))
}

/// The same while the cache's guild is held: asking the cache twice at a time can deadlock with a change between.
pub(crate) fn of_guild(guild: &Guild) -> Topology {
    let places = guild.channels.values().chain(&guild.threads);
    let roles = guild.roles.values().map(|role| {
        let (permissions, only) = (role.permissions.bits(), role.tags.bot_id.map(|bot| bot.get()));
        (role.id.get(), Role { permissions, only })
    });
    let mut topology = Topology {
        guild: guild.id.get(),
        owner: guild.owner_id.get(),
        roles: roles.collect(),
        channels: places.filter_map(|place| Some((place.id.get(), channel(place)?))).collect(),
    };
    // A guild that is behind the gate as a whole has no channel before it.
    if matches!(guild.nsfw_level, NsfwLevel::Explicit | NsfwLevel::AgeRestricted) {
        topology.channels.values_mut().for_each(|channel| channel.age_restricted = true);
    }
    topology
}

/// One channel; `None` when it is of a kind that is not known, or a thread without a parent.
pub(crate) fn channel(channel: &GuildChannel) -> Option<access::Channel> {
    let parent = || channel.parent_id.map(|parent| parent.get());
    let kind = match channel.kind {
        ChannelType::Text | ChannelType::News | ChannelType::Forum | ChannelType::Unknown(MEDIA) => Kind::Text,
        ChannelType::Voice | ChannelType::Stage => Kind::Voice,
        ChannelType::Category => Kind::Category,
        ChannelType::PublicThread | ChannelType::NewsThread => Kind::PublicThread { parent: parent()? },
        ChannelType::PrivateThread => Kind::PrivateThread { parent: parent()? },
        _ => return None,
    };
    let mut overwrites = Overwrites::default();
    for overwrite in &channel.permission_overwrites {
        let rules = Rules { allow: overwrite.allow.bits(), deny: overwrite.deny.bits() };
        match overwrite.kind {
            PermissionOverwriteType::Role(role) => overwrites.roles.insert(role.get(), rules),
            PermissionOverwriteType::Member(member) => overwrites.members.insert(member.get(), rules),
            _ => continue,
        };
    }
    Some(access::Channel { kind, age_restricted: channel.nsfw, overwrites })
}

/// A member, with their standing at this moment.
pub(crate) fn person(member: &Member) -> Person {
    let timed_out = member.communication_disabled_until.is_some_and(|until| until > Timestamp::now());
    let standing = match (member.flags.contains(GuildMemberFlags::IS_GUEST), timed_out) {
        (true, _) => Standing::Guest,
        (false, true) => Standing::TimedOut,
        (false, false) => Standing::Member,
    };
    let roles = member.roles.iter().map(|role| role.get()).collect();
    Person { id: member.user.id.get(), roles, standing, ..Person::default() }
}

/// The bot as a member of a guild, with the private threads that it is in, where the cache knows it.
pub(crate) fn bot(guild: &Guild, me: UserId) -> Option<Person> {
    Some(Person { threads: joined_threads(guild).collect(), ..person(guild.members.get(&me)?) })
}

/// The private threads that the bot is in, according to the cache.
pub(crate) fn joined_threads(guild: &Guild) -> impl Iterator<Item = u64> {
    let joined = |thread: &&GuildChannel| thread.kind == ChannelType::PrivateThread && thread.member.is_some();
    guild.threads.iter().filter(joined).map(|thread| thread.id.get())
}

#[cfg(test)]
mod tests;
