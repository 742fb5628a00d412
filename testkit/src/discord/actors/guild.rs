//! A test's handle on a guild: its channels, roles and members.

use std::sync::Arc;

use serenity::all::{ChannelType, GuildId, Permissions, RoleId, UserId};

use super::Channel;
use crate::discord::ops::guild;
use crate::discord::state::Core;
use crate::discord::world::Role;

/// A guild.
#[derive(Clone)]
pub struct Guild {
    core: Arc<Core>,
    id: GuildId,
}

impl From<&Guild> for GuildId {
    fn from(guild: &Guild) -> Self {
        guild.id
    }
}

impl Guild {
    pub(crate) fn new(core: Arc<Core>, id: GuildId) -> Self {
        Self { core, id }
    }

    /// Its id.
    pub fn id(&self) -> GuildId {
        self.id
    }

    /// The role everybody has.
    pub fn everyone(&self) -> RoleId {
        self.id.everyone_role()
    }

    /// Adds a text channel.
    pub fn text_channel(&self, name: &str) -> Channel {
        self.channel(ChannelType::Text, name, None)
    }

    /// Adds a text channel under a category; it begins with the category's overwrites.
    pub fn text_channel_in(&self, category: &Channel, name: &str) -> Channel {
        self.channel(ChannelType::Text, name, Some(category))
    }

    /// Adds a category.
    pub fn category(&self, name: &str) -> Channel {
        self.channel(ChannelType::Category, name, None)
    }

    /// Adds a channel of any kind.
    pub fn channel(&self, kind: ChannelType, name: &str, category: Option<&Channel>) -> Channel {
        let parent = category.map(Channel::id);
        let id = self.core.change(|state| guild::add_channel(state, self.id, kind, name, parent));
        Channel::new(self.core.clone(), id)
    }

    /// Adds a role.
    pub fn role(&self, name: &str, permissions: Permissions) -> RoleId {
        self.core.change(|state| {
            let id = RoleId::new(state.world.clock.id());
            let home = state.world.guild_mut(self.id);
            let position = u16::try_from(home.roles.len()).unwrap_or(u16::MAX);
            home.roles.insert(id, Role { id, name: name.to_owned(), permissions, position, bot: None });
            guild::announce_role(state, "GUILD_ROLE_CREATE", self.id, id);
            id
        })
    }

    /// Sets a role's permissions; `@everyone` is a role too.
    pub fn set_role_permissions(&self, role: RoleId, permissions: Permissions) {
        self.core.change(|state| {
            let known = state.world.guild_mut(self.id).roles.get_mut(&role);
            known.unwrap_or_else(|| panic!("no role {role}")).permissions = permissions;
            guild::announce_role(state, "GUILD_ROLE_UPDATE", self.id, role);
        });
    }

    /// Deletes a role.
    pub fn delete_role(&self, role: RoleId) {
        self.core.change(|state| guild::remove_role(state, self.id, role));
    }

    /// Makes a user a member, with these roles.
    pub fn join(&self, user: impl Into<UserId>, roles: &[RoleId]) {
        let user = user.into();
        self.core.change(|state| guild::add_member(state, self.id, user));
        if !roles.is_empty() {
            self.set_roles(user, roles);
        }
    }

    /// Sets a member's roles.
    pub fn set_roles(&self, user: impl Into<UserId>, roles: &[RoleId]) {
        self.member(user.into(), |member| member.roles = roles.to_vec());
    }

    /// Sets a member's name in this guild.
    pub fn set_nick(&self, user: impl Into<UserId>, nick: Option<&str>) {
        self.member(user.into(), |member| member.nick = nick.map(str::to_owned));
    }

    fn member(&self, user: UserId, change: impl FnOnce(&mut crate::discord::world::Member)) {
        self.core.change(|state| {
            let member = state.world.guild_mut(self.id).members.get_mut(&user);
            change(member.unwrap_or_else(|| panic!("{user} is no member")));
            guild::announce_member(state, self.id, user);
        });
    }

    /// Ends a membership, as leaving or a kick does. Removing the bot takes the guild from it.
    pub fn remove(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.core.change(|state| guild::remove_member(state, self.id, user));
    }

    /// The role that Discord created for the bot with its granted permissions.
    pub fn bot_role(&self) -> RoleId {
        let role = self.core.read(|state| {
            let mut roles = state.world.guild(self.id).roles.values();
            roles.find(|role| role.bot.is_some()).map(|role| role.id)
        });
        role.expect("every guild made by the fake has the bot's role")
    }

    /// Starts an outage of the guild, or ends it.
    pub fn set_available(&self, available: bool) {
        self.core.change(|state| guild::set_available(state, self.id, available));
    }
}
