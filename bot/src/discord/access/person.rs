//! A person whose roles are known.

use std::collections::BTreeSet;

/// What a person is in a guild.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// As a member like any other.
    #[default]
    Member,
    /// As a member in a time-out.
    TimedOut,
    /// As no member, but a guest in one voice channel.
    Guest,
}

/// A member whose roles are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The id of the user.
    pub id: u64,
    /// Their roles, with or without @everyone.
    pub roles: Vec<u64>,
    /// What they are in the guild.
    pub standing: Standing,
    /// The private threads that they are known to be in. Where a question is asked need not be among them: asking
    /// there shows that one is in it.
    pub threads: BTreeSet<u64>,
}
