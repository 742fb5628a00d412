//! The bot's memberships of guilds, and the people who left guilds that forget leavers. Both are kept on `bot-settings`
//! for later instances.

use super::{GuildId, UserId, lenient, time};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the bot is in a guild. After a restart the bot finds here the guilds that it lost meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuildMembership {
    pub guild_id: GuildId,
    /// Whether the bot is in it. Messages of a guild that it left are being forgotten.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub is_member: bool,
    /// The bot's user id: another bot (another token) does not know this bot's guilds. Absent applies to any bot.
    #[serde(default)]
    pub bot_id: Option<UserId>,
    /// Since when; absent after leaving.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub joined_at: Option<Timestamp>,
    /// When this was recorded.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
}

/// A person left a guild that forgets leavers. Messages written there until then are not kept, even when a channel's
/// history is read again; messages after a return are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorLeft {
    pub guild_id: GuildId,
    pub user_id: UserId,
    /// When the person left.
    #[serde(deserialize_with = "time::lenient")]
    pub left_at: Timestamp,
}
