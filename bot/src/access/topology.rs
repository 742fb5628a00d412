//! A guild as far as permissions go: roles, channels with their overwrites, threads. Plain data, filled
//! by an adapter and by tests.

use std::collections::{BTreeMap, HashMap};

/// The permission bits that decide who may read.
pub(crate) mod rights {
    /// Everything, whatever the overwrites say.
    pub(crate) const ADMINISTRATOR: u64 = 1 << 3;
    /// To see a channel; without it nothing else counts.
    pub(crate) const VIEW_CHANNEL: u64 = 1 << 10;
    /// To read what was said before one looked.
    pub(crate) const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    /// To join a voice channel; without it its text cannot be read.
    pub(crate) const CONNECT: u64 = 1 << 20;
}

/// What a role gives in every channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Role {
    /// Its permission bits.
    pub(crate) permissions: u64,
}

/// What a channel gives and takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The bits it gives.
    pub(crate) allow: u64,
    /// The bits it takes.
    pub(crate) deny: u64,
}

/// A channel's overwrites. The one for @everyone stands among the roles under the guild's own id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overwrites {
    /// By role.
    pub(crate) roles: BTreeMap<u64, Rules>,
    /// By member.
    pub(crate) members: BTreeMap<u64, Rules>,
}

/// What kind of place a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, announcements, forums and media: reading needs view and history.
    Text,
    /// Voice and stage: reading their text needs connect as well.
    Voice,
    /// A heading over channels; nothing is said in it.
    Category,
    /// A thread that everybody who sees its parent sees.
    PublicThread {
        /// The channel it hangs on.
        parent: u64,
    },
    /// A thread of its members and of those who manage threads.
    PrivateThread {
        /// The channel it hangs on.
        parent: u64,
    },
}

/// A channel or thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    /// What kind of place it is.
    pub(crate) kind: Kind,
    /// Its own overwrites; a thread has none.
    pub(crate) overwrites: Overwrites,
}

/// A guild.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topology {
    /// The guild's id, which is also the id of its @everyone role.
    pub(crate) guild: u64,
    /// Whom everything is open to.
    pub(crate) owner: u64,
    /// Its roles by id, @everyone among them.
    pub(crate) roles: HashMap<u64, Role>,
    /// Its channels and the threads that are known, by id.
    pub(crate) channels: BTreeMap<u64, Channel>,
}

/// A member whose roles are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    /// The user's id.
    pub(crate) id: u64,
    /// Their roles, @everyone left out.
    pub(crate) roles: Vec<u64>,
}

impl Topology {
    /// The channel whose permissions rule a place: a thread's parent, else the channel itself. `None`
    /// when it is not known, or is no place to write in.
    pub(crate) fn ruling(&self, channel: u64) -> Option<&Channel> {
        let found = self.channels.get(&channel)?;
        let ruling = match found.kind {
            Kind::PublicThread { parent } | Kind::PrivateThread { parent } => self.channels.get(&parent)?,
            _ => found,
        };
        matches!(ruling.kind, Kind::Text | Kind::Voice).then_some(ruling)
    }
}
