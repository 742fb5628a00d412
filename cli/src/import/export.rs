//! Converts a message of an export into a [`ChatMessage`]. It reads the fields one by one, so that an error names its
//! field and costs only its message.

use super::fields::{self, FieldError};
use rtfm_shared::event::{Attachment, ChannelId, ChatMessage, GuildId, MessageMetadata, UserId};
use serde::Deserialize;
use serde_json::Value;

/// The export's `guild`; its id is `0` for direct messages.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExportGuild {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// The export's `channel`; a thread is exported as a channel with its own id.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ExportChannel {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) category: Option<String>,
    /// The category of a channel, or the parent channel of a thread.
    #[serde(default, rename = "categoryId")]
    category_id: Option<String>,
}

impl ExportGuild {
    fn guild_id(&self) -> Option<GuildId> {
        Some(self.id.as_str()).filter(|id| !id.is_empty() && *id != "0").map(GuildId::from)
    }
}

impl ExportChannel {
    fn is_thread(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.ends_with("Thread"))
    }
}

/// Why an import skips a well-formed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipReason {
    /// A bot wrote it.
    Bot,
    /// Discord wrote it, as for a join, a pin or a boost.
    System,
    /// It has neither text nor files, as a sticker or an embed.
    Empty,
}

/// The message, or the reason to skip it.
pub(crate) fn convert(
    value: &Value,
    guild: &ExportGuild,
    channel: &ExportChannel,
) -> Result<Result<ChatMessage, SkipReason>, FieldError> {
    let message_id = fields::snowflake(value, "id")?;
    let timestamp = fields::instant(value, "timestamp")?;
    let content = fields::required(value, "content")?;
    let author = fields::object(value, "author")?;
    let (author_id, name) = (fields::required(author, "id")?, fields::required(author, "name")?);
    let kind = fields::optional(value, "type")?.unwrap_or("Default");
    let attachments = attachments(value)?;
    // Forwards and pin notices have a reference too, but answer no message.
    let reply_to = match (kind, value.get("reference")) {
        ("Reply", Some(reference)) => fields::optional(reference, "messageId")?.map(Into::into),
        _ => None,
    };
    if fields::flag(author, "isBot")? {
        return Ok(Err(SkipReason::Bot));
    }
    if !matches!(kind, "Default" | "Reply") {
        return Ok(Err(SkipReason::System));
    }
    if content.trim().is_empty() && attachments.is_empty() {
        return Ok(Err(SkipReason::Empty));
    }
    let shown = fields::optional(author, "nickname")?.filter(|nickname| !nickname.is_empty()).unwrap_or(name);
    Ok(Ok(ChatMessage {
        message_id,
        content: content.to_owned(),
        username: shown.to_owned(),
        user_id: UserId::from(author_id),
        channel_id: ChannelId::from(channel.id.as_str()),
        timestamp,
        metadata: MessageMetadata {
            channel_name: channel.name.clone(),
            asks_bot: asks_bot(content),
            ..MessageMetadata::default()
        },
        guild_id: guild.guild_id(),
        edited_at: fields::optional_instant(value, "timestampEdited")?,
        reply_to,
        thread_id: channel.is_thread().then(|| ChannelId::from(channel.id.as_str())),
        parent_id: channel.category_id.as_deref().filter(|_| channel.is_thread()).map(ChannelId::from),
        attachments,
    }))
}

/// Whether the message begins with the bot's name (`RTFM where…`, `rtfm: where…`, `@RTFM, where…`). Such a message is a
/// question to the bot, which the memory does not store.
fn asks_bot(content: &str) -> bool {
    let first = content.split_whitespace().next().unwrap_or_default();
    let word = first.trim_start_matches('@').trim_end_matches([':', ',', ';', '.', '!', '?']);
    word.eq_ignore_ascii_case("rtfm")
}

fn attachments(value: &Value) -> Result<Vec<Attachment>, FieldError> {
    fields::list(value, "attachments")?
        .iter()
        .map(|file| {
            Ok(Attachment {
                id: fields::optional(file, "id")?.unwrap_or_default().to_owned(),
                filename: fields::required(file, "fileName")?.to_owned(),
                content_type: None,
                size: file.get("fileSizeBytes").and_then(Value::as_u64).unwrap_or_default(),
                url: fields::optional(file, "url")?.unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn guild(id: &str) -> ExportGuild {
        ExportGuild { id: id.to_owned(), name: None }
    }

    fn here() -> (ExportGuild, ExportChannel) {
        let channel = ExportChannel {
            id: "20".into(),
            name: Some("general".into()),
            kind: Some("GuildTextChat".into()),
            category: None,
            category_id: Some("19".into()),
        };
        (guild("1"), channel)
    }

    fn message() -> Value {
        json!({
            "id": "300", "type": "Reply", "timestamp": "2026-01-05T18:00:00.5+01:00",
            "timestampEdited": "2026-01-05T18:03:00+01:00", "callEndedTimestamp": null, "isPinned": false,
            "content": "It is on the wiki",
            "author": {"id": "7", "name": "ana", "discriminator": "0000", "nickname": "Ana B.", "isBot": false},
            "attachments": [{"id": "9", "url": "https://cdn.example/plan.pdf", "fileName": "plan.pdf", "fileSizeBytes": 12}],
            "reference": {"messageId": "299", "channelId": "20", "guildId": "1"}
        })
    }

    #[test]
    fn every_field_finds_its_place() {
        let (guild, channel) = here();
        let read = convert(&message(), &guild, &channel).unwrap().unwrap();
        assert_eq!(read.message_id.as_str(), "300");
        assert_eq!(read.timestamp.to_string(), "2026-01-05T17:00:00.5Z");
        assert_eq!(read.edited_at.unwrap().to_string(), "2026-01-05T17:03:00Z");
        assert_eq!((read.username.as_str(), read.user_id.as_str()), ("Ana B.", "7"));
        assert_eq!(read.reply_to.unwrap().as_str(), "299");
        assert_eq!(read.guild_id.unwrap().as_str(), "1");
        assert_eq!((read.channel_id.as_str(), read.thread_id), ("20", None));
        assert_eq!(read.metadata.channel_name.as_deref(), Some("general"));
        assert_eq!(read.attachments[0].filename, "plan.pdf");
        assert_eq!(read.attachments[0].size, 12);
    }

    #[test]
    fn direct_messages_have_no_guild_and_threads_know_that_they_are_one() {
        let (_, channel) = here();
        let read = convert(&message(), &guild("0"), &channel).unwrap().unwrap();
        assert_eq!(read.guild_id, None);
        let thread = ExportChannel { kind: Some("GuildPublicThread".into()), ..channel };
        let read = convert(&message(), &guild("1"), &thread).unwrap().unwrap();
        assert_eq!(read.thread_id, Some(read.channel_id));
    }

    #[test]
    fn messages_by_bots_and_by_discord_and_empty_ones_are_skipped() {
        let (guild, channel) = here();
        let changed = |field: &str, to: Value| {
            let mut message = message();
            *message.pointer_mut(field).unwrap() = to;
            convert(&message, &guild, &channel).unwrap()
        };
        assert_eq!(changed("/author/isBot", json!(true)), Err(SkipReason::Bot));
        assert_eq!(changed("/type", json!("ChannelPinnedMessage")), Err(SkipReason::System));
        assert_eq!(changed("/type", json!("20")), Err(SkipReason::System));
        let mut sticker = message();
        sticker["content"] = json!(" ");
        sticker["attachments"] = json!([]);
        assert_eq!(convert(&sticker, &guild, &channel).unwrap(), Err(SkipReason::Empty));
        let picture = changed("/content", json!("")).unwrap();
        assert_eq!(picture.attachments.len(), 1, "a message that is only a file is kept");
        let plain = changed("/type", json!("Default")).unwrap();
        assert_eq!(plain.reply_to, None, "only replies reply");
    }

    #[test]
    fn questions_to_the_bot_are_marked() {
        let (guild, channel) = here();
        for (content, asks) in [("rtfm how do I flash it?", true), ("did you RTFM?", false), ("RTFMs are rude", false)]
        {
            let mut message = message();
            message["content"] = json!(content);
            assert_eq!(convert(&message, &guild, &channel).unwrap().unwrap().metadata.asks_bot, asks, "{content}");
        }
    }

    #[test]
    fn an_error_names_its_field() {
        let (guild, channel) = here();
        let errors = [
            ("/id", json!(300), "field id is a number, not a text"),
            ("/id", json!("first"), "field id is \"first\", not a snowflake"),
            ("/timestamp", json!("yesterday"), "field timestamp is \"yesterday\", not an RFC 3339 time"),
            ("/content", json!(null), "field content is missing"),
            ("/author", json!([]), "field author is a list, not an object"),
            ("/author/isBot", json!("no"), "field isBot is a text, not true or false"),
            ("/attachments", json!({}), "field attachments is an object, not a list"),
        ];
        for (pointer, wrong, error) in errors {
            let mut message = message();
            *message.pointer_mut(pointer).unwrap() = wrong;
            assert_eq!(convert(&message, &guild, &channel).unwrap_err().to_string(), error);
        }
        assert!(convert(&json!(5), &guild, &channel).is_err());
    }
}
