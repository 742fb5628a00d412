//! A test's handle on a channel or thread: reads it, and changes it as its managers would.

use std::sync::Arc;

use serenity::all::{ChannelId, MessageId, PermissionOverwrite, PermissionOverwriteType, Permissions, RoleId, UserId};

use crate::discord::ops::{guild, threads};
use crate::discord::state::Core;
use crate::discord::watch::{view, wait};
use crate::discord::world::Message;

/// A channel, category, thread or direct conversation.
#[derive(Clone)]
pub struct Channel {
    core: Arc<Core>,
    id: ChannelId,
}

impl From<&Channel> for ChannelId {
    fn from(channel: &Channel) -> Self {
        channel.id
    }
}

impl Channel {
    pub(crate) fn new(core: Arc<Core>, id: ChannelId) -> Self {
        Self { core, id }
    }

    /// Its id.
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// Its current messages, oldest first, with ephemeral ones.
    pub fn messages(&self) -> Vec<Message> {
        self.core.read(|state| {
            state.world.messages.get(&self.id).map(|messages| messages.values().cloned().collect()).unwrap_or_default()
        })
    }

    /// One of its messages.
    pub fn message(&self, id: MessageId) -> Option<Message> {
        self.core.read(|state| state.world.message(self.id, id).cloned())
    }

    /// Waits for a message like this, new or changed.
    pub async fn wait_for_message(&self, what: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        wait::until(&self.core, what, || self.messages().into_iter().find(&wanted)).await
    }

    /// The channel as a person would see it, as text.
    pub fn view(&self) -> String {
        self.core.read(|state| view::view(state, self.id, view::Detail::Screen))
    }

    /// The channel as a person would see it, from a message on and without the channel's name.
    pub fn view_from(&self, first: MessageId) -> String {
        self.core.read(|state| view::view_from(state, self.id, first))
    }

    /// How often the bot announced typing here.
    pub fn typing_count(&self) -> usize {
        self.core.read(|state| state.typing.get(&self.id).copied().unwrap_or_default())
    }

    /// Sets what a role is allowed and denied here.
    pub fn overwrite_role(&self, role: RoleId, allow: Permissions, deny: Permissions) {
        self.overwrite(PermissionOverwriteType::Role(role), allow, deny);
    }

    /// Sets what a member is allowed and denied here.
    pub fn overwrite_member(&self, user: impl Into<UserId>, allow: Permissions, deny: Permissions) {
        self.overwrite(PermissionOverwriteType::Member(user.into()), allow, deny);
    }

    fn overwrite(&self, kind: PermissionOverwriteType, allow: Permissions, deny: Permissions) {
        let overwrite = PermissionOverwrite { allow, deny, kind };
        self.core.change(|state| guild::overwrite(state, self.id, overwrite));
    }

    /// Hides the channel from everyone but these roles.
    pub fn make_private(&self, visible_to: &[RoleId]) {
        let home = self.core.read(|state| state.world.channel(self.id).and_then(|channel| channel.guild()));
        let home = home.expect("a direct conversation is private as it is");
        for role in visible_to {
            self.overwrite_role(*role, Permissions::VIEW_CHANNEL, Permissions::empty());
        }
        self.overwrite_role(home.everyone_role(), Permissions::empty(), Permissions::VIEW_CHANNEL);
    }

    /// Announces a message again, as the gateway does after a resume that goes back too far.
    pub fn redeliver(&self, message: MessageId) {
        self.core.change(|state| state.emit_message("MESSAGE_CREATE", self.id, message));
    }

    /// Locks a thread: only moderators write in it.
    pub fn set_locked(&self, locked: bool) {
        self.change(|channel| {
            channel.thread.as_mut().expect("only threads are locked").locked = locked;
        });
    }

    /// Gives it another name.
    pub fn rename(&self, name: &str) {
        self.change(|channel| name.clone_into(&mut channel.name));
    }

    /// Marks the channel as age-restricted, or removes the mark.
    pub fn set_age_restricted(&self, restricted: bool) {
        self.change(|channel| channel.age_restricted = restricted);
    }

    /// Moves it to another category, or out of any category.
    pub fn move_to(&self, category: Option<&Channel>) {
        self.change(|channel| channel.parent = category.map(Channel::id));
    }

    /// Archives a thread, or brings it back.
    pub fn set_archived(&self, archived: bool) {
        let now = self.core.read(|state| state.world.clock.now_ms());
        self.change(|channel| {
            let thread = channel.thread.as_mut().expect("only threads are archived");
            thread.archived = archived;
            thread.archived_ms = now;
        });
    }

    /// Puts a user into a thread.
    pub fn add_member(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.core.change(|state| threads::add_member(state, self.id, user)).expect("only threads have members");
    }

    /// Takes a user out of a thread.
    pub fn remove_member(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.core.change(|state| threads::remove_member(state, self.id, user)).expect("only threads have members");
    }

    /// Deletes it with its contents.
    pub fn delete(&self) {
        self.core.change(|state| guild::remove_channel(state, self.id));
    }

    fn change(&self, change: impl FnOnce(&mut crate::discord::world::Channel)) {
        self.core.change(|state| {
            let Some(channel) = state.world.channels.get_mut(&self.id) else { panic!("channel {} is gone", self.id) };
            change(channel);
            let event = if channel.is_thread() { "THREAD_UPDATE" } else { "CHANNEL_UPDATE" };
            guild::announce_channel(state, event, self.id);
        });
    }
}
