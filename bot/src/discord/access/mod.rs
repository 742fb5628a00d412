//! Who may see what. The rule: **an answer tells its readers only what they could read themselves.** Pure: it
//! works on a plain snapshot of a guild ([`Topology`]) and knows neither serenity nor the bus.
//!
//! | the answer is seen by | it may rest on | |
//! |---|---|---|
//! | everyone in a channel | what all of them can read, and the asker, and the bot | [`for_channel_answer`] |
//! | the asker alone, in a channel | what the asker and the bot can read | [`for_private_answer`] from there |
//! | the asker alone, in a direct message | the same, guild by guild | [`for_private_answer`] from nowhere |
//!
//! What counts as reading:
//! - *Channels* of text, announcements, posts and media: view and history. What was said in *voice* and *stage*
//!   channels: to connect, too. A *category* is a heading: Discord copies what it rules into its channels.
//! - A *thread* takes its channel's permissions. A *private* one is for those who are in it or manage threads. In a
//!   channel it counts only inside itself, and there everyone who views its channel counts as its audience, for
//!   anyone of them may be let in later. For the asker alone it counts if they are known to be in it.
//! - *Age-restricted* channels are behind a gate of Discord's, and the bot does not learn who passed it. So they count
//!   only where the question is asked in such a channel, and never in a direct message.
//! - Who is *timed out* keeps view and history alone. That is counted for the asker and the bot. An audience is
//!   taken by its lasting rights: a timeout silences for some days, it does not make the past secret.
//! - *Guests* of a voice channel are no members: they read nothing elsewhere. An audience is of members.
//!
//! **Unknown means no.** A channel of a kind that is not known, a thread whose channel is not known, a guild without
//! its @everyone: nothing. A role that is mentioned but not known might exist or not and give anything: what it may
//! take from somebody is taken, what it may give them is not, and everyone who may see the answer by it counts as a
//! reader.
//!
//! The parts: `permissions` is what one may do in a channel, as Discord computes it; `audience` is whether
//! everyone who views one channel can read another, proven from roles alone, since a bot without the privileged
//! members intent knows few members and none of them freshly; `scope` is what an answer may rest on.

mod audience;
mod permissions;
mod person;
mod scope;
mod topology;

pub use person::{Person, Standing};
pub use scope::{for_channel_answer, for_private_answer, may_read, may_view};
pub use topology::{Channel, Kind, Overwrites, Role, Rules, Topology, rights};
