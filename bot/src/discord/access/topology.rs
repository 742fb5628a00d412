//! A guild as far as permissions go: roles, channels with their overwrites, threads. Plain data, filled by an
//! adapter and by tests.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The permission bits that decide who may read.
pub mod rights {
    /// Everything, whatever the overwrites say.
    pub const ADMINISTRATOR: u64 = 1 << 3;
    /// To see a channel; without it nothing else counts.
    pub const VIEW_CHANNEL: u64 = 1 << 10;
    /// To read messages from before one opened the channel.
    pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    /// To join a voice channel; without it its text cannot be read.
    pub const CONNECT: u64 = 1 << 20;
    /// To see every thread of a channel, the private ones too.
    pub const MANAGE_THREADS: u64 = 1 << 34;
}

/// What a role gives in every channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// The permission bits that it grants.
    pub permissions: u64,
    /// The bot that Discord made it for, which alone has it.
    pub only: Option<u64>,
}

/// What an overwrite gives and takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rules {
    /// The bits it gives.
    pub allow: u64,
    /// The bits it takes.
    pub deny: u64,
}

/// A channel's overwrites. The one for @everyone is among the roles, under the guild's own id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overwrites {
    /// The rules by role.
    pub roles: BTreeMap<u64, Rules>,
    /// The rules by member.
    pub members: BTreeMap<u64, Rules>,
}

/// What kind of place a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, announcements, forums and media: reading needs view and history.
    Text,
    /// Voice and stage: reading their text needs connect as well.
    Voice,
    /// A heading over channels, without messages.
    Category,
    /// A thread that everybody who sees its parent sees.
    PublicThread {
        /// The channel that it belongs to.
        parent: u64,
    },
    /// A thread of its members and of those who manage threads.
    PrivateThread {
        /// The channel that it belongs to.
        parent: u64,
    },
}

/// A channel or thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// What kind of place it is.
    pub kind: Kind,
    /// Whether Discord shows it only to those who say that they are of age.
    pub age_restricted: bool,
    /// Its own overwrites; a thread has none.
    pub overwrites: Overwrites,
}

/// A guild, as far as permissions go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The guild's id, which is also the id of its @everyone role.
    pub guild: u64,
    /// Whom everything is open to.
    pub owner: u64,
    /// Its roles by id, @everyone among them.
    pub roles: HashMap<u64, Role>,
    /// Its channels and the threads that are known, by id.
    pub channels: BTreeMap<u64, Channel>,
}

impl Topology {
    /// What @everyone may do. Without it no audience can be computed.
    pub(super) fn everyone(&self) -> Option<Role> {
        self.roles.get(&self.guild).copied()
    }

    /// The channel whose permissions rule a place: a thread's parent, else the channel itself. `None` when it is not
    /// known, or is no place to write in.
    pub(super) fn ruling(&self, place: u64) -> Option<(u64, &Channel)> {
        let found = self.channels.get(&place)?;
        let id = match found.kind {
            Kind::PublicThread { parent } | Kind::PrivateThread { parent } => parent,
            Kind::Text | Kind::Voice | Kind::Category => place,
        };
        let ruling = self.channels.get(&id)?;
        matches!(ruling.kind, Kind::Text | Kind::Voice).then_some((id, ruling))
    }

    /// The roles that overwrites speak of and the guild does not have: deleted ones, or new ones whose event has not
    /// arrived.
    pub(super) fn unknown_roles(&self) -> BTreeSet<u64> {
        let mentioned = self.channels.values().flat_map(|channel| channel.overwrites.roles.keys().copied());
        mentioned.filter(|role| *role != self.guild && !self.roles.contains_key(role)).collect()
    }
}
