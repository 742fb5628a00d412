//! A message as somebody wants it to be: read from a request body, and held against Discord's limits.

use bytes::Bytes;
use serde_json::Value;
use serenity::all::{AttachmentId, MessageId};

use crate::discord::rest::reply::DiscordError;
use crate::discord::rest::request::Upload;
use crate::discord::world::message::{Attachment, flags};

const CONTENT: usize = 2000;
const EMBEDS: usize = 10;
const EMBED_CHARACTERS: usize = 6000;
const NONCE: usize = 25;
const FILES: usize = 10;
const FILE_BYTES: usize = 10 * 1024 * 1024;
const COMPONENTS_V2: usize = 40;
const COMPONENTS_V2_CHARACTERS: usize = 4000;

/// The fields that were given; `None` leaves a field as it is on an edit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Value>>,
    pub(crate) components: Option<Vec<Value>>,
    pub(crate) flags: Option<u64>,
    pub(crate) nonce: Option<Value>,
    pub(crate) enforce_nonce: bool,
    pub(crate) reply_to: Option<MessageId>,
    pub(crate) reply_must_exist: bool,
    pub(crate) allowed_mentions: Option<Value>,
    pub(crate) uploads: Vec<Upload>,
    /// What Discord adds itself: the embeds of links, a forwarded message, a poll, stickers.
    pub(crate) extra: Option<Value>,
    /// The attachments to keep, on an edit.
    pub(crate) keep: Option<Vec<AttachmentId>>,
}

impl Draft {
    /// A message of text only.
    pub(crate) fn text(content: &str) -> Self {
        Self { content: Some(content.to_owned()), ..Self::default() }
    }

    /// Reads a request body.
    pub(crate) fn read(json: &Value, uploads: &[Upload]) -> Result<Self, DiscordError> {
        let list = |name: &str| match json.get(name) {
            Some(Value::Array(items)) => Some(items.clone()),
            Some(Value::Null) => Some(Vec::new()),
            _ => None,
        };
        let content = match json.get("content") {
            None => None,
            Some(Value::Null) => Some(String::new()),
            Some(Value::String(text)) => Some(text.trim().to_owned()),
            Some(_) => {
                return Err(DiscordError::form("content", "BASE_TYPE_BAD_TYPE", "Could not interpret as string."));
            }
        };
        let snowflake = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok()).or(value.as_u64());
        let reference = json.get("message_reference").filter(|reference| !reference.is_null());
        let reply_to = reference.and_then(|reference| snowflake(reference.get("message_id")?)).filter(|id| *id != 0);
        let keep = list("attachments").map(|files| {
            // Entries for new files count up from 0 instead of carrying a snowflake.
            let known = files.iter().filter_map(|file| snowflake(file.get("id")?)).filter(|id| *id > 1 << 22);
            known.map(AttachmentId::new).collect()
        });
        let draft = Self {
            content,
            embeds: list("embeds"),
            components: list("components"),
            flags: json.get("flags").and_then(Value::as_u64),
            nonce: json.get("nonce").filter(|nonce| !nonce.is_null()).cloned(),
            enforce_nonce: json.get("enforce_nonce").and_then(Value::as_bool).unwrap_or_default(),
            reply_to: reply_to.map(MessageId::new),
            reply_must_exist: reference
                .and_then(|reference| reference.get("fail_if_not_exists")?.as_bool())
                .unwrap_or(true),
            allowed_mentions: json.get("allowed_mentions").filter(|allowed| !allowed.is_null()).cloned(),
            uploads: uploads.to_vec(),
            extra: None,
            keep,
        };
        draft.check()?;
        Ok(draft)
    }

    /// Holds the fields against the limits.
    pub(crate) fn check(&self) -> Result<(), DiscordError> {
        let long = |text: &str, most: usize| text.chars().count() > most;
        if self.content.as_deref().is_some_and(|content| long(content, CONTENT)) {
            let message = "Must be 2000 or fewer in length.";
            return Err(DiscordError::form("content", "BASE_TYPE_MAX_LENGTH", message));
        }
        let embeds = self.embeds.as_deref().unwrap_or_default();
        if embeds.len() > EMBEDS {
            return Err(DiscordError::form("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."));
        }
        if embeds.iter().map(embed_characters).sum::<usize>() > EMBED_CHARACTERS {
            let message = "Embed size exceeds maximum size of 6000";
            return Err(DiscordError::form("embeds", "MAX_EMBED_SIZE_EXCEEDED", message));
        }
        let nonce = self.nonce.as_ref().map(|nonce| nonce.as_str().map_or_else(|| nonce.to_string(), str::to_owned));
        if nonce.is_some_and(|nonce| long(&nonce, NONCE)) {
            let message = "Must be 25 or fewer in length.";
            return Err(DiscordError::form("nonce", "BASE_TYPE_MAX_LENGTH", message));
        }
        if self.uploads.len() > FILES {
            return Err(DiscordError::new(400, 30015, "Maximum number of attachments in a message reached (10)"));
        }
        if self.uploads.iter().any(|upload| upload.bytes.len() > FILE_BYTES) {
            return Err(DiscordError::new(413, 40005, "Request entity too large"));
        }
        self.check_components()
    }

    fn check_components(&self) -> Result<(), DiscordError> {
        let components = self.components.as_deref().unwrap_or_default();
        if !self.is_v2() {
            if components.len() > 5 {
                let message = "Must be 5 or fewer in length.";
                return Err(DiscordError::form("components", "BASE_TYPE_MAX_LENGTH", message));
            }
            return Ok(());
        }
        if self.content.as_deref().is_some_and(|content| !content.is_empty()) {
            let message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2";
            return Err(DiscordError::form("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message));
        }
        if self.embeds.as_deref().is_some_and(|embeds| !embeds.is_empty()) {
            let message = "The 'embeds' field cannot be used when using MessageFlags.IS_COMPONENTS_V2";
            return Err(DiscordError::form("embeds", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message));
        }
        let (count, characters) = components.iter().fold((0, 0), |sum, component| {
            let (count, characters) = component_size(component);
            (sum.0 + count, sum.1 + characters)
        });
        if count > COMPONENTS_V2 || characters > COMPONENTS_V2_CHARACTERS {
            let message = "Components exceed the maximum number or size.";
            return Err(DiscordError::form("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message));
        }
        Ok(())
    }

    pub(crate) fn is_v2(&self) -> bool {
        self.flags.is_some_and(|given| given & flags::COMPONENTS_V2 != 0)
    }

    /// The uploads as attachments of a message.
    pub(crate) fn files(&self, mut id: impl FnMut() -> u64) -> Vec<Attachment> {
        let file = |upload: &Upload| Attachment {
            id: AttachmentId::new(id()),
            filename: upload.filename.clone(),
            content_type: upload.content_type.clone(),
            bytes: Bytes::clone(&upload.bytes),
        };
        self.uploads.iter().map(file).collect()
    }
}

fn embed_characters(embed: &Value) -> usize {
    let count = |pointer: &str| embed.pointer(pointer).and_then(Value::as_str).map_or(0, |text| text.chars().count());
    let fields = embed.get("fields").and_then(Value::as_array).into_iter().flatten();
    let in_field = |field: &Value, name: &str| field.get(name).and_then(Value::as_str).map_or(0, |t| t.chars().count());
    count("/title")
        + count("/description")
        + count("/footer/text")
        + count("/author/name")
        + fields.map(|field| in_field(field, "name") + in_field(field, "value")).sum::<usize>()
}

fn component_size(component: &Value) -> (usize, usize) {
    let own = component.get("content").and_then(Value::as_str).map_or(0, |text| text.chars().count());
    let inner = component.get("components").and_then(Value::as_array).into_iter().flatten();
    inner.chain(component.get("accessory")).fold((1, own), |sum, component| {
        let (count, characters) = component_size(component);
        (sum.0 + count, sum.1 + characters)
    })
}
