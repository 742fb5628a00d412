//! `bot-settings`: settings of guilds and people, and the bot's checkpoints. The topic is compacted: a key's newest
//! record applies.

use super::{
    AuthorLeft, ChannelId, DecodeError, Event, GuildId, GuildMembership, MessageId, UserId, lenient, message::payload,
    time,
};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A guild's settings. Every field has a default; a guild without settings has no record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuildSettings {
    pub guild_id: GuildId,
    /// Who made the last change.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub changed_by: UserId,
    /// When the last change was made.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
    /// The channels whose messages are remembered.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub remembered: ChannelRule,
    /// The channels in which questions are answered.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub answered: ChannelRule,
    /// Whether an answer in a channel opens a thread of its own.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub answer_in_thread: bool,
    /// Instructions on the model's manner, added to its own; may be empty.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub persona: String,
    /// The language of answers; absent means the asker's.
    #[serde(default)]
    pub language: Option<String>,
    /// The model that writes answers; absent means the operator's choice.
    #[serde(default)]
    pub model: Option<String>,
    /// Messages older than this many days are forgotten; absent means never.
    #[serde(default)]
    pub retention_days: Option<u32>,
    /// Questions per person and hour; absent means no limit.
    #[serde(default)]
    pub questions_per_user_hour: Option<u32>,
    /// Questions per guild and day; absent means no limit.
    #[serde(default)]
    pub questions_per_guild_day: Option<u32>,
    /// Seconds between two questions of one person; absent means none.
    #[serde(default)]
    pub cooldown_seconds: Option<u32>,
    /// Whether a person's messages are forgotten when the person leaves.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub forget_leavers: bool,
    /// Whether the history of newly visible channels is read automatically.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub backfill_new_channels: bool,
}

/// A choice of channels. A thread follows its channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRule {
    /// How the list applies.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub mode: ChannelMode,
    /// The listed channels; ignored if all apply.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub channel_ids: Vec<ChannelId>,
}

/// How a list of channels applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum ChannelMode {
    /// Every channel; the list is ignored.
    #[default]
    All,
    /// Only the listed channels.
    Only,
    /// All but the listed channels.
    Except,
    /// A mode that this version does not know: no channel applies.
    #[serde(other)]
    Other,
}

impl ChannelRule {
    /// Whether the rule includes a channel; `parent` is a thread's channel.
    pub fn includes(&self, channel: &ChannelId, parent: Option<&ChannelId>) -> bool {
        let listed = self.channel_ids.contains(channel) || parent.is_some_and(|id| self.channel_ids.contains(id));
        match self.mode {
            ChannelMode::All => true,
            ChannelMode::Only => listed,
            ChannelMode::Except => !listed,
            ChannelMode::Other => false,
        }
    }
}

/// A person's decisions about their messages in every guild.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorPrivacy {
    pub user_id: UserId,
    /// When the person decided.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
    /// Whether the person's messages are not remembered.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub opted_out: bool,
    /// Messages written until then stay forgotten, even when a channel's history is read again.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub forgotten_until: Option<Timestamp>,
}

impl AuthorPrivacy {
    /// Whether a message written then may be kept.
    pub fn allows(&self, written_at: Timestamp) -> bool {
        !self.opted_out && self.forgotten_until.is_none_or(|until| written_at > until)
    }
}

/// How much of a channel's history has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// The channel, forum or thread.
    pub channel_id: ChannelId,
    /// The guild of the channel.
    pub guild_id: GuildId,
    /// When this was recorded.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
    /// The state of the backfill.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub state: BackfillState,
    /// The channel whose backfill includes this thread; absent for a backfill of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<ChannelId>,
    /// The channel of a public thread; absent for anything else and if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_thread_of: Option<ChannelId>,
    /// Who requested it; absent when the bot began automatically.
    #[serde(default)]
    pub requested_by: Option<UserId>,
    /// When the backfill began.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub began_at: Option<Timestamp>,
    /// Everything from this message on has been read; reading continues before it. Absent: nothing yet.
    #[serde(default)]
    pub read_down_to: Option<MessageId>,
    /// The number of messages read.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub read: u64,
    /// Why it ended early, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The channel of the progress report on Discord.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_channel_id: Option<ChannelId>,
    /// The message of the progress report on Discord.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_message_id: Option<MessageId>,
}

/// The state of a backfill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum BackfillState {
    /// In progress; continued after a restart.
    #[default]
    Running,
    /// Read to the channel's beginning.
    Done,
    /// Ended early; the reason says why.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// The newest message of a channel that the bot has published. Messages after it are fetched when the bot was offline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelSeen {
    /// The channel or thread.
    pub channel_id: ChannelId,
    /// The guild; absent for a direct conversation.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    pub message_id: MessageId,
    /// Whether the bot cannot read the channel now: messages written meanwhile are not fetched later.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "std::ops::Not::not")]
    pub shut_out: bool,
    /// The channel of a public thread; absent for anything else and if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_thread_of: Option<ChannelId>,
    /// When this was recorded.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
}

/// The newest messages of a channel that the bot has published, by which later deletions are detected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRecent {
    /// The channel or thread.
    pub channel_id: ChannelId,
    /// The guild; absent for a direct conversation.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// The messages, oldest first.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub message_ids: Vec<MessageId>,
    /// When this was recorded.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
}

/// Any event of `bot-settings`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SettingsEvent {
    /// `guild.settings`, the default type.
    Guild(GuildSettings),
    Privacy(AuthorPrivacy),
    Backfill(Backfill),
    Seen(ChannelSeen),
    Recent(ChannelRecent),
    Membership(GuildMembership),
    Left(AuthorLeft),
}

const GUILD: &str = "guild.settings";
const PRIVACY: &str = "author.privacy";
const BACKFILL: &str = "channel.backfill";
const SEEN: &str = "channel.seen";
const RECENT: &str = "channel.recent";
const MEMBERSHIP: &str = "guild.membership";
const LEFT: &str = "author.left";

impl SettingsEvent {
    fn changed_at(&self) -> Timestamp {
        match self {
            Self::Guild(event) => event.changed_at,
            Self::Privacy(event) => event.changed_at,
            Self::Backfill(event) => event.changed_at,
            Self::Seen(event) => event.changed_at,
            Self::Recent(event) => event.changed_at,
            Self::Membership(event) => event.changed_at,
            Self::Left(event) => event.left_at,
        }
    }
}

impl Event for SettingsEvent {
    const TOPIC: &'static str = topics::SETTINGS;

    fn kind(&self) -> &'static str {
        match self {
            Self::Guild(_) => GUILD,
            Self::Privacy(_) => PRIVACY,
            Self::Backfill(_) => BACKFILL,
            Self::Seen(_) => SEEN,
            Self::Recent(_) => RECENT,
            Self::Membership(_) => MEMBERSHIP,
            Self::Left(_) => LEFT,
        }
    }

    /// The type and the id, because a guild, a person and a channel may have the same number.
    fn key(&self) -> String {
        let id = match self {
            Self::Guild(event) => event.guild_id.as_str(),
            Self::Privacy(event) => event.user_id.as_str(),
            Self::Backfill(event) => event.channel_id.as_str(),
            Self::Seen(event) => event.channel_id.as_str(),
            Self::Recent(event) => event.channel_id.as_str(),
            Self::Membership(event) => event.guild_id.as_str(),
            Self::Left(AuthorLeft { guild_id, user_id, .. }) => return format!("{LEFT}:{guild_id}:{user_id}"),
        };
        format!("{}:{id}", self.kind())
    }

    fn id(&self) -> String {
        format!("{}:{}", self.key(), self.changed_at().as_microsecond())
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        match kind.unwrap_or(GUILD) {
            kind @ GUILD => payload(kind, json).map(Self::Guild),
            kind @ PRIVACY => payload(kind, json).map(Self::Privacy),
            kind @ BACKFILL => payload(kind, json).map(Self::Backfill),
            kind @ SEEN => payload(kind, json).map(Self::Seen),
            kind @ RECENT => payload(kind, json).map(Self::Recent),
            kind @ MEMBERSHIP => payload(kind, json).map(Self::Membership),
            kind @ LEFT => payload(kind, json).map(Self::Left),
            other => Err(DecodeError::UnknownType(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_channels_takes_threads_along() {
        let rule = |mode| ChannelRule { mode, channel_ids: vec!["1".into(), "2".into()] };
        let includes = |mode, channel: &str, parent: Option<&str>| {
            rule(mode).includes(&channel.into(), parent.map(ChannelId::from).as_ref())
        };
        assert!(includes(ChannelMode::All, "9", None));
        assert!(includes(ChannelMode::Only, "1", None) && includes(ChannelMode::Only, "9", Some("2")));
        assert!(!includes(ChannelMode::Only, "9", None));
        assert!(!includes(ChannelMode::Except, "1", None) && !includes(ChannelMode::Except, "9", Some("2")));
        assert!(includes(ChannelMode::Except, "9", Some("8")));
        assert!(!includes(ChannelMode::Other, "1", None), "nobody knows which are meant");
    }

    #[test]
    fn forgotten_messages_stay_forgotten_and_later_ones_are_kept() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let privacy = AuthorPrivacy { forgotten_until: Some(at("2026-03-01T00:00:00Z")), ..AuthorPrivacy::default() };
        assert!(!privacy.allows(at("2026-03-01T00:00:00Z")));
        assert!(privacy.allows(at("2026-03-01T00:00:01Z")));
        let out = AuthorPrivacy { opted_out: true, ..privacy };
        assert!(!out.allows(at("2026-05-01T00:00:00Z")));
        assert!(AuthorPrivacy::default().allows(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn keys_never_meet() {
        let (guild_id, user_id) = ("7".into(), "7".into());
        let guild = SettingsEvent::Guild(GuildSettings { guild_id, ..GuildSettings::default() });
        let privacy = SettingsEvent::Privacy(AuthorPrivacy { user_id, ..AuthorPrivacy::default() });
        assert_eq!((guild.key(), privacy.key()), ("guild.settings:7".to_owned(), "author.privacy:7".to_owned()));
        let left = AuthorLeft { guild_id: "7".into(), user_id: "8".into(), ..AuthorLeft::default() };
        assert_eq!(SettingsEvent::Left(left).key(), "author.left:7:8");
    }
}
