//! Who is where: the guilds that the bot is in, and the people who left guilds that forget those who leave. Both are
//! noted on `bot-settings`, so that whoever comes next knows it.

use super::{GuildId, UserId, lenient, time};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the bot is in a guild. A bot that comes back sees by it which guilds it was taken from meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuildMembership {
    /// The guild.
    pub guild_id: GuildId,
    /// Whether the bot is in it. What was said in one that it is not in any more is to be forgotten already.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub is_member: bool,
    /// The bot: another one, as with another token, knows nothing of its guilds. None: whichever reads this.
    #[serde(default)]
    pub bot_id: Option<UserId>,
    /// Since when; none while it is in no more.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub joined_at: Option<Timestamp>,
    /// When this was true.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
}

/// Somebody left a guild that forgets those who leave: nothing that they wrote there until then is kept, also when a
/// channel's history is read again. What they write after they came back is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorLeft {
    /// The guild.
    pub guild_id: GuildId,
    /// The person.
    pub user_id: UserId,
    /// When they left.
    #[serde(deserialize_with = "time::lenient")]
    pub left_at: Timestamp,
}
