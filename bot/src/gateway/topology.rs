//! serenity's cache as the plain picture that [`crate::access`] works on.

use crate::access::{self, Kind, Overwrites, Role, Rules, Topology};
use serenity::{
    cache::Cache,
    model::{
        channel::{ChannelType, GuildChannel, PermissionOverwriteType},
        id::GuildId,
    },
};

/// Media channels, which this serenity does not name: forums of pictures.
const MEDIA: u8 = 16;

/// The guild as it is known right now; `None` when it is not.
pub(crate) fn of(cache: &Cache, guild: GuildId) -> Option<Topology> {
    let guild = cache.guild(guild)?;
    let places = guild.channels.values().chain(&guild.threads);
    Some(Topology {
        guild: guild.id.get(),
        owner: guild.owner_id.get(),
        roles: guild
            .roles
            .values()
            .map(|role| (role.id.get(), Role { permissions: role.permissions.bits() }))
            .collect(),
        channels: places.filter_map(|place| Some((place.id.get(), channel(place)?))).collect(),
    })
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
    Some(access::Channel { kind, overwrites })
}
