//! `discord-messages`: messages and other events of channels.

use super::{ChannelId, DecodeError, Event, GuildId, MessageId, UserId, lenient, time};
use crate::bus::topics;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A message as written, or as it reads after an edit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatMessage {
    pub message_id: MessageId,
    /// The whole text, as its author wrote it.
    pub content: String,
    /// The author's displayed name.
    pub username: String,
    pub user_id: UserId,
    /// The channel or thread of the message.
    pub channel_id: ChannelId,
    /// When it was written.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
    /// Further properties of the message.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub metadata: MessageMetadata,
    /// The guild; absent in a direct message and from older producers.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// When it was last edited; absent if never.
    #[serde(default, deserialize_with = "time::lenient_option")]
    pub edited_at: Option<Timestamp>,
    /// The message it replies to.
    #[serde(default)]
    pub reply_to: Option<MessageId>,
    /// The thread of the message, if it is in one.
    #[serde(default)]
    pub thread_id: Option<ChannelId>,
    /// The channel to which the thread belongs, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<ChannelId>,
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub attachments: Vec<Attachment>,
}

impl ChatMessage {
    /// The time by which the newer of two versions is decided.
    pub fn version(&self) -> Timestamp {
        self.edited_at.unwrap_or(self.timestamp)
    }
}

/// Further properties of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageMetadata {
    /// The channel's name when the message was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_name: Option<String>,
    /// Whether it is a question to the bot, which is answered and not remembered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks_bot: bool,
    /// Fields of other producers, kept unchanged.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// A file attached to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub id: String,
    /// The name of the file.
    pub filename: String,
    /// Its media type, if Discord knows it.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Its size in bytes.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub size: u64,
    /// Where it can be fetched, for some hours.
    #[serde(default, deserialize_with = "lenient::null_as_default")]
    pub url: String,
}

/// Messages of a channel were deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessagesDeleted {
    /// The channel of the messages.
    pub channel_id: ChannelId,
    /// The message, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The messages, if a moderator deleted many at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub message_ids: Vec<MessageId>,
    /// The guild of the messages.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// When they were deleted.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
}

impl MessagesDeleted {
    /// All deleted messages, whichever of the two fields names them.
    pub fn ids(&self) -> impl Iterator<Item = &MessageId> {
        self.message_id.iter().chain(&self.message_ids)
    }
}

/// A channel or thread was deleted with all its messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelDeleted {
    /// The channel or thread.
    pub channel_id: ChannelId,
    /// The guild of the channel.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// When it was deleted.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
}

/// A person's messages must be forgotten. Published to every partition, because the messages are on all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorForgotten {
    pub user_id: UserId,
    /// The guild to forget the person in; absent means everywhere.
    #[serde(default)]
    pub guild_id: Option<GuildId>,
    /// When it was requested: later messages are kept.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
}

/// The bot left a guild, whose messages must be forgotten. Published to every partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuildLeft {
    pub guild_id: GuildId,
    /// When the bot left: messages written later, after a return, are kept.
    #[serde(deserialize_with = "time::lenient")]
    pub timestamp: Timestamp,
}

/// Any event of `discord-messages`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MessageEvent {
    /// `message.created`, the default type.
    Created(ChatMessage),
    /// `message.updated`: the message as it reads now.
    Updated(ChatMessage),
    Deleted(MessagesDeleted),
    ChannelDeleted(ChannelDeleted),
    AuthorForgotten(AuthorForgotten),
    GuildLeft(GuildLeft),
}

const CREATED: &str = "message.created";
const UPDATED: &str = "message.updated";
const DELETED: &str = "message.deleted";
const CHANNEL_DELETED: &str = "channel.deleted";
const AUTHOR_FORGOTTEN: &str = "author.forgotten";
const GUILD_LEFT: &str = "guild.left";

impl MessageEvent {
    /// Whether it concerns messages on every partition and must be published to each.
    pub fn is_for_every_partition(&self) -> bool {
        matches!(self, Self::AuthorForgotten(_) | Self::GuildLeft(_))
    }
}

impl Event for MessageEvent {
    const TOPIC: &'static str = topics::MESSAGES;

    fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => CREATED,
            Self::Updated(_) => UPDATED,
            Self::Deleted(_) => DELETED,
            Self::ChannelDeleted(_) => CHANNEL_DELETED,
            Self::AuthorForgotten(_) => AUTHOR_FORGOTTEN,
            Self::GuildLeft(_) => GUILD_LEFT,
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Created(message) | Self::Updated(message) => message.channel_id.0.clone(),
            Self::Deleted(deleted) => deleted.channel_id.0.clone(),
            Self::ChannelDeleted(deleted) => deleted.channel_id.0.clone(),
            Self::AuthorForgotten(forgotten) => forgotten.user_id.0.clone(),
            Self::GuildLeft(left) => left.guild_id.0.clone(),
        }
    }

    fn id(&self) -> String {
        let kind = self.kind();
        match self {
            Self::Created(message) => format!("{kind}:{}", message.message_id),
            Self::Updated(message) => {
                format!("{kind}:{}:{}", message.message_id, message.version().as_millisecond())
            }
            Self::Deleted(deleted) => {
                let ids: Vec<&str> = deleted.ids().map(MessageId::as_str).collect();
                format!("{kind}:{}", ids.join(","))
            }
            Self::ChannelDeleted(deleted) => format!("{kind}:{}", deleted.channel_id),
            Self::AuthorForgotten(AuthorForgotten { user_id, guild_id, timestamp }) => {
                let guild = guild_id.as_ref().map_or("everywhere", GuildId::as_str);
                format!("{kind}:{user_id}:{guild}:{}", timestamp.as_millisecond())
            }
            Self::GuildLeft(left) => format!("{kind}:{}:{}", left.guild_id, left.timestamp.as_millisecond()),
        }
    }

    fn from_json(kind: Option<&str>, json: &[u8]) -> Result<Self, DecodeError> {
        match kind.unwrap_or(CREATED) {
            kind @ CREATED => Ok(Self::Created(message(kind, json)?)),
            kind @ UPDATED => Ok(Self::Updated(message(kind, json)?)),
            kind @ DELETED => {
                let deleted: MessagesDeleted = payload(kind, json)?;
                if deleted.ids().next().is_none() {
                    return Err(DecodeError::Field { field: "message_id", fault: "names no message".to_owned() });
                }
                deleted.ids().try_for_each(is_snowflake)?;
                Ok(Self::Deleted(deleted))
            }
            kind @ CHANNEL_DELETED => payload(kind, json).map(Self::ChannelDeleted),
            kind @ AUTHOR_FORGOTTEN => payload(kind, json).map(Self::AuthorForgotten),
            kind @ GUILD_LEFT => payload(kind, json).map(Self::GuildLeft),
            other => Err(DecodeError::UnknownType(other.to_owned())),
        }
    }
}

pub(super) fn payload<T: DeserializeOwned>(kind: &str, json: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json).map_err(|source| DecodeError::Json { kind: kind.to_owned(), source })
}

/// The JSON of a topic that has one type.
pub(super) fn only<T: DeserializeOwned>(known: &str, kind: Option<&str>, json: &[u8]) -> Result<T, DecodeError> {
    match kind {
        Some(other) if other != known => Err(DecodeError::UnknownType(other.to_owned())),
        _ => payload(known, json),
    }
}

fn message(kind: &str, json: &[u8]) -> Result<ChatMessage, DecodeError> {
    let message: ChatMessage = payload(kind, json)?;
    is_snowflake(&message.message_id)?;
    if message.channel_id.0.is_empty() {
        return Err(DecodeError::Field { field: "channel_id", fault: "is empty".to_owned() });
    }
    Ok(message)
}

fn is_snowflake(id: &MessageId) -> Result<(), DecodeError> {
    match id.snowflake() {
        Some(_) => Ok(()),
        None => Err(DecodeError::Field { field: "message_id", fault: format!("{:?} is not a snowflake", id.0) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn events() -> [MessageEvent; 6] {
        let message = ChatMessage {
            message_id: "7".into(),
            channel_id: "5".into(),
            timestamp: instant("1970-01-01T00:00:01Z"),
            ..ChatMessage::default()
        };
        let edited = ChatMessage { edited_at: Some(instant("1970-01-01T00:00:02.5Z")), ..message.clone() };
        let (guild_id, timestamp) = (GuildId::from("1"), instant("1970-01-01T00:00:03Z"));
        [
            MessageEvent::Created(message),
            MessageEvent::Updated(edited),
            MessageEvent::Deleted(MessagesDeleted {
                channel_id: "5".into(),
                message_id: Some("7".into()),
                message_ids: vec!["8".into(), "9".into()],
                guild_id: None,
                timestamp,
            }),
            MessageEvent::ChannelDeleted(ChannelDeleted { channel_id: "5".into(), guild_id: None, timestamp }),
            MessageEvent::AuthorForgotten(AuthorForgotten { user_id: "3".into(), guild_id: None, timestamp }),
            MessageEvent::GuildLeft(GuildLeft { guild_id, timestamp }),
        ]
    }

    #[test]
    fn ids_tell_happenings_apart_and_nothing_else() {
        let ids = events().map(|event| event.id());
        let expected = [
            "message.created:7",
            "message.updated:7:2500",
            "message.deleted:7,8,9",
            "channel.deleted:5",
            "author.forgotten:3:everywhere:3000",
            "guild.left:1:3000",
        ];
        assert_eq!(ids, expected);
        assert_eq!(events().map(|event| event.id()), expected, "the same for ever");
    }

    #[test]
    fn keys_keep_a_channels_order() {
        assert_eq!(events().map(|event| event.key()), ["5", "5", "5", "5", "3", "1"]);
        let everywhere = events().map(|event| event.is_for_every_partition());
        assert_eq!(everywhere, [false, false, false, false, true, true]);
    }

    #[test]
    fn the_version_is_the_last_edit() {
        let [MessageEvent::Created(created), MessageEvent::Updated(updated), ..] = events() else { panic!() };
        assert_eq!((created.version(), updated.version()), (created.timestamp, updated.edited_at.unwrap()));
    }

    #[test]
    fn a_deletion_names_messages() {
        let read = |json: &str| MessageEvent::from_json(Some(DELETED), json.as_bytes());
        let fault = |json: &str| read(json).unwrap_err().to_string();
        let nothing = r#"{"channel_id":"5","timestamp":"2026-11-02T12:34:56Z"}"#;
        assert_eq!(fault(nothing), "field message_id: names no message");
        let odd = r#"{"channel_id":"5","message_ids":["7","-"],"timestamp":"2026-11-02T12:34:56Z"}"#;
        assert_eq!(fault(odd), "field message_id: \"-\" is not a snowflake");
    }
}
