//! `bot-settings`: what guilds and people decided, and how far the bot has read. Compacted: the newest record
//! of a key is what holds.

use super::{
    AuthorLeft, ChannelId, DecodeError, Event, GuildId, GuildMembership, MessageId, UserId, lenient, message::payload,
    time,
};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a guild's administrators decided. Everything has a default; a guild that never decided has no record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuildSettings {
    /// The guild.
    pub guild_id: GuildId,
    /// Who changed something last.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub changed_by: UserId,
    /// When.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
    /// The channels whose messages are remembered.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub remembered: ChannelRule,
    /// The channels in which questions are answered.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub answered: ChannelRule,
    /// Whether a question in a channel is answered in a thread of its own.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub answer_in_thread: bool,
    /// What the model is told about its manner, beside its instructions; empty for nothing.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub persona: String,
    /// The language of answers; none for the asker's.
    #[serde(default)]
    pub language: Option<String>,
    /// The model that writes answers; none for the operator's choice.
    #[serde(default)]
    pub model: Option<String>,
    /// Messages older than so many days are forgotten; none for never.
    #[serde(default)]
    pub retention_days: Option<u32>,
    /// Questions a person may ask in an hour; none for any number.
    #[serde(default)]
    pub questions_per_user_hour: Option<u32>,
    /// Questions the whole guild may ask in a day; none for any number.
    #[serde(default)]
    pub questions_per_guild_day: Option<u32>,
    /// Seconds between two questions of one person; none for no pause.
    #[serde(default)]
    pub cooldown_seconds: Option<u32>,
    /// Whether what a person wrote here is forgotten when they leave.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub forget_leavers: bool,
    /// Whether the history of a channel that the bot comes to see is read by itself.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub backfill_new_channels: bool,
}

/// A choice of channels. A thread goes with the channel that it hangs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRule {
    /// How the list is meant.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub mode: ChannelMode,
    /// The channels, unless all are meant.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub channel_ids: Vec<ChannelId>,
}

/// How a list of channels is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum ChannelMode {
    /// Every channel, whatever the list says.
    #[default]
    All,
    /// Those of the list.
    Only,
    /// Those that are not on the list.
    Except,
    /// A mode that this version does not know: no channel, since nobody knows which were meant.
    #[serde(other)]
    Other,
}

impl ChannelRule {
    /// Whether a channel is chosen; `parent` is the channel that it hangs on if it is a thread.
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

/// What a person decided about what they write, wherever the bot is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorPrivacy {
    /// The person.
    pub user_id: UserId,
    /// When they decided.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
    /// Whether nothing that they write is to be remembered.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub opted_out: bool,
    /// What they wrote up to this instant stays forgotten, also when a channel's history is read again.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub forgotten_until: Option<Timestamp>,
}

impl AuthorPrivacy {
    /// Whether something that they wrote then may be kept.
    pub fn allows(&self, written_at: Timestamp) -> bool {
        !self.opted_out && self.forgotten_until.is_none_or(|until| written_at > until)
    }
}

/// How far the history of a channel has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// The channel, forum or thread.
    pub channel_id: ChannelId,
    /// Its guild.
    pub guild_id: GuildId,
    /// When this was true.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
    /// Where it stands.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub state: BackfillState,
    /// The channel with whose history this thread is read; none where the history was asked for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<ChannelId>,
    /// The channel on which it hangs, if it is a thread that everyone sees who sees that channel. None for whatever
    /// else it is, and where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_thread_of: Option<ChannelId>,
    /// Who asked for it; none when the bot began by itself.
    #[serde(default)]
    pub requested_by: Option<UserId>,
    /// When it began.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub began_at: Option<Timestamp>,
    /// Everything from this message on has been read; reading goes on before it. None: nothing yet.
    #[serde(default)]
    pub read_down_to: Option<MessageId>,
    /// How many messages have been read.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub read: u64,
    /// Why it ended early, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The message on Discord that shows the progress: its channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_channel_id: Option<ChannelId>,
    /// The message on Discord that shows the progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_message_id: Option<MessageId>,
}

/// Where a backfill stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = lenient::open_enum)]
pub enum BackfillState {
    /// Being read; whoever finds it so after a restart goes on.
    #[default]
    Running,
    /// Read to its beginning.
    Done,
    /// Ended early; the reason says why.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// The newest message of a channel that the bot has published: what comes after it is fetched when the bot was away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelSeen {
    /// The channel or thread.
    pub channel_id: ChannelId,
    /// Its guild; none for a direct conversation.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// The message.
    pub message_id: MessageId,
    /// Whether the bot cannot look into the channel right now: what is said there meanwhile is not fetched later.
    #[serde(default, deserialize_with = "lenient::null_as_default", skip_serializing_if = "std::ops::Not::not")]
    pub shut_out: bool,
    /// The channel on which it hangs, if it is a thread that everyone sees who sees that channel. None for whatever
    /// else it is, and where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_thread_of: Option<ChannelId>,
    /// When this was true.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
}

/// The newest messages of a channel that the bot has published: by them is found what has gone meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRecent {
    /// The channel or thread.
    pub channel_id: ChannelId,
    /// Its guild; none for a direct conversation.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// The messages, oldest first.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub message_ids: Vec<MessageId>,
    /// When this was true.
    #[serde(deserialize_with = "time::lenient")]
    pub changed_at: Timestamp,
}

/// Everything that `bot-settings` says.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsEvent {
    /// `guild.settings`, the default type.
    Guild(GuildSettings),
    /// `author.privacy`.
    Privacy(AuthorPrivacy),
    /// `channel.backfill`.
    Backfill(Backfill),
    /// `channel.seen`.
    Seen(ChannelSeen),
    /// `channel.recent`.
    Recent(ChannelRecent),
    /// `guild.membership`.
    Membership(GuildMembership),
    /// `author.left`.
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

    /// The type and the id: a guild, a person and a channel may have the same number. Somebody may leave many guilds.
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

    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Guild(event) => serde_json::to_vec(event),
            Self::Privacy(event) => serde_json::to_vec(event),
            Self::Backfill(event) => serde_json::to_vec(event),
            Self::Seen(event) => serde_json::to_vec(event),
            Self::Recent(event) => serde_json::to_vec(event),
            Self::Membership(event) => serde_json::to_vec(event),
            Self::Left(event) => serde_json::to_vec(event),
        }
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
    fn what_was_forgotten_stays_so_and_what_comes_later_is_kept() {
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
