//! Who may see what. The rule: nobody learns from an answer what they could not read themselves. Pure:
//! it works on a plain picture of a guild ([`Topology`]) and knows neither serenity nor the bus.
//!
//! - [`permissions`]: what a set of roles may do in a channel, as Discord computes it;
//! - [`audience`]: whether everyone who can view one channel can read another, proven from roles alone,
//!   since a bot without the privileged members intent knows few members and none of them freshly;
//! - [`scope`]: the channels that an answer may rest on.
//!
//! Unknown means no.

mod audience;
mod permissions;
mod scope;
mod topology;

#[cfg(test)]
mod oracle;

pub(crate) use scope::{for_channel_answer, for_private_answer};
pub(crate) use topology::{Channel, Kind, Overwrites, Person, Role, Rules, Topology};
