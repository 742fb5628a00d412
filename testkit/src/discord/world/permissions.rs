//! Discord's permission algorithm.

use serenity::all::{ChannelId, ChannelType, PermissionOverwrite, PermissionOverwriteType, Permissions, UserId};

use super::{Channel, Guild, Place, World};

/// The permissions of `@everyone` in a new guild.
pub(crate) fn default_everyone() -> Permissions {
    Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::SEND_MESSAGES_IN_THREADS
        | Permissions::CREATE_PUBLIC_THREADS
        | Permissions::CREATE_PRIVATE_THREADS
        | Permissions::READ_MESSAGE_HISTORY
        | Permissions::ADD_REACTIONS
        | Permissions::EMBED_LINKS
        | Permissions::ATTACH_FILES
        | Permissions::MENTION_EVERYONE
        | Permissions::USE_EXTERNAL_EMOJIS
        | Permissions::USE_APPLICATION_COMMANDS
        | Permissions::CHANGE_NICKNAME
        | Permissions::CREATE_INSTANT_INVITE
        | Permissions::CONNECT
        | Permissions::SPEAK
}

/// The permissions of both sides of a direct conversation.
fn direct() -> Permissions {
    Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::READ_MESSAGE_HISTORY
        | Permissions::ADD_REACTIONS
        | Permissions::EMBED_LINKS
        | Permissions::ATTACH_FILES
        | Permissions::USE_APPLICATION_COMMANDS
}

impl World {
    /// A user's permissions in a channel; none when they cannot see it.
    pub(crate) fn permissions(&self, user: UserId, channel: ChannelId) -> Permissions {
        let Some(channel) = self.channels.get(&channel) else { return Permissions::empty() };
        match channel.place {
            Place::Direct(recipient) if user == recipient || user == self.bot => direct(),
            Place::Direct(_) => Permissions::empty(),
            Place::Guild(guild) => match self.guilds.get(&guild) {
                Some(guild) => self.in_guild(guild, user, channel),
                None => Permissions::empty(),
            },
        }
    }

    /// Whether a user may do all of this in a channel.
    pub(crate) fn can(&self, user: UserId, channel: ChannelId, wanted: Permissions) -> bool {
        self.permissions(user, channel).contains(wanted)
    }

    fn in_guild(&self, guild: &Guild, user: UserId, channel: &Channel) -> Permissions {
        let Some(base) = base(guild, user) else { return Permissions::empty() };
        if base.contains(Permissions::ADMINISTRATOR) {
            return Permissions::all();
        }
        // A thread has no overwrites of its own and takes its parent channel's.
        let source = match channel.parent {
            Some(parent) if channel.is_thread() => self.channels.get(&parent).unwrap_or(channel),
            _ => channel,
        };
        let mut permissions = overwritten(base, guild, user, &source.overwrites);
        if let Some(thread) = &channel.thread {
            let private = channel.kind == ChannelType::PrivateThread;
            let inside = thread.members.contains_key(&user) || permissions.contains(Permissions::MANAGE_THREADS);
            if private && !inside {
                return Permissions::empty();
            }
            // Threads have their own permission for sending messages.
            permissions.set(Permissions::SEND_MESSAGES, permissions.contains(Permissions::SEND_MESSAGES_IN_THREADS));
        }
        if permissions.contains(Permissions::VIEW_CHANNEL) { permissions } else { Permissions::empty() }
    }
}

/// A member's permissions by role; none for other users.
pub(crate) fn base(guild: &Guild, user: UserId) -> Option<Permissions> {
    let member = guild.members.get(&user)?;
    if guild.owner == user {
        return Some(Permissions::all());
    }
    let everyone = guild.id.everyone_role();
    let roles = member.roles.iter().chain([&everyone]);
    Some(roles.filter_map(|role| guild.roles.get(role)).fold(Permissions::empty(), |sum, role| sum | role.permissions))
}

fn overwritten(base: Permissions, guild: &Guild, user: UserId, overwrites: &[PermissionOverwrite]) -> Permissions {
    let mut permissions = base;
    let everyone = guild.id.everyone_role();
    let mine = guild.members.get(&user).map(|member| member.roles.as_slice()).unwrap_or_default();
    let (mut allow, mut deny) = (Permissions::empty(), Permissions::empty());
    for overwrite in overwrites {
        match overwrite.kind {
            PermissionOverwriteType::Role(role) if role == everyone => {
                permissions = (permissions - overwrite.deny) | overwrite.allow;
            }
            PermissionOverwriteType::Role(role) if mine.contains(&role) => {
                allow |= overwrite.allow;
                deny |= overwrite.deny;
            }
            _ => {}
        }
    }
    permissions = (permissions - deny) | allow;
    for overwrite in overwrites {
        if overwrite.kind == PermissionOverwriteType::Member(user) {
            permissions = (permissions - overwrite.deny) | overwrite.allow;
        }
    }
    permissions
}
