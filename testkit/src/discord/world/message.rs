//! A message, its files and its reactions.

use serde_json::Value;
use serenity::all::{AttachmentId, ChannelId, InteractionId, MessageId, RoleId, UserId};

/// The message flags that the fake sets or reads.
pub(crate) mod flags {
    pub(crate) const SUPPRESS_EMBEDS: u64 = 1 << 2;
    pub(crate) const HAS_THREAD: u64 = 1 << 5;
    pub(crate) const EPHEMERAL: u64 = 1 << 6;
    pub(crate) const LOADING: u64 = 1 << 7;
    pub(crate) const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
    pub(crate) const COMPONENTS_V2: u64 = 1 << 15;
}

/// A file on a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub content_type: Option<String>,
    /// Its bytes, as the CDN serves them.
    pub bytes: bytes::Bytes,
}

/// A message's current state, as tests read it.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The channel it is in.
    pub channel: ChannelId,
    /// The author.
    pub author: UserId,
    /// Its text.
    pub content: String,
    /// When it was written, in Unix milliseconds.
    pub timestamp_ms: u64,
    /// When it was last edited.
    pub edited_ms: Option<u64>,
    /// Every text it had before, oldest first.
    pub history: Vec<String>,
    /// The message it replies to.
    pub reply_to: Option<MessageId>,
    /// Users it mentions, and so notifies.
    pub mentions: Vec<UserId>,
    /// Roles it mentions.
    pub mention_roles: Vec<RoleId>,
    /// Whether it notifies everyone.
    pub mention_everyone: bool,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// Its embeds, as sent.
    pub embeds: Vec<Value>,
    /// What it carries besides text and files, as Discord shows it: the embeds of its links, a forwarded message, a
    /// poll, stickers.
    pub(crate) extra: Option<Value>,
    /// Its components, as sent.
    pub components: Vec<Value>,
    /// Its flags.
    pub flags: u64,
    /// The nonce it was created with.
    pub nonce: Option<Value>,
    /// The `allowed_mentions` of the request that wrote it last; none when the request had none.
    pub allowed_mentions: Option<Value>,
    /// The only user who can see it, for an ephemeral message.
    pub ephemeral_for: Option<UserId>,
    /// The interaction it answers.
    pub interaction: Option<InteractionId>,
    pub(crate) interaction_metadata: Option<Value>,
    /// Emoji and who reacted with it.
    pub reactions: Vec<(String, Vec<UserId>)>,
    /// The thread started from it.
    pub thread: Option<ChannelId>,
    pub(crate) late_edits: u8,
    /// Discord's number for its kind: 0 ordinary, 19 a reply, 20 the answer to a command.
    pub kind: u8,
}

impl Message {
    /// An ordinary message without anything.
    pub(crate) fn new(id: MessageId, channel: ChannelId, author: UserId, timestamp_ms: u64) -> Self {
        Self {
            id,
            channel,
            author,
            content: String::new(),
            timestamp_ms,
            edited_ms: None,
            history: Vec::new(),
            reply_to: None,
            mentions: Vec::new(),
            mention_roles: Vec::new(),
            mention_everyone: false,
            attachments: Vec::new(),
            embeds: Vec::new(),
            extra: None,
            components: Vec::new(),
            flags: 0,
            nonce: None,
            allowed_mentions: None,
            ephemeral_for: None,
            interaction: None,
            interaction_metadata: None,
            reactions: Vec::new(),
            thread: None,
            late_edits: 0,
            kind: 0,
        }
    }

    /// Whether the bot is still "thinking" (a deferred answer).
    pub fn is_loading(&self) -> bool {
        self.flags & flags::LOADING != 0
    }

    /// Whether only one user can see it.
    pub fn is_ephemeral(&self) -> bool {
        self.ephemeral_for.is_some()
    }

    /// Whether its text was changed after it was written.
    pub fn is_edited(&self) -> bool {
        self.edited_ms.is_some()
    }

    /// Every text it has in components, in order; components v2 messages have no content.
    pub fn component_texts(&self) -> Vec<String> {
        fn walk(value: &Value, texts: &mut Vec<String>) {
            match value {
                Value::Array(items) => items.iter().for_each(|item| walk(item, texts)),
                Value::Object(fields) => {
                    for key in ["content", "label"] {
                        texts.extend(fields.get(key).and_then(Value::as_str).map(str::to_owned));
                    }
                    for key in ["components", "accessory"] {
                        fields.get(key).into_iter().for_each(|inner| walk(inner, texts));
                    }
                }
                _ => {}
            }
        }
        let mut texts = Vec::new();
        self.components.iter().for_each(|component| walk(component, &mut texts));
        texts
    }

    /// Every `custom_id` among its components.
    pub fn buttons(&self) -> Vec<String> {
        self.components_flat().iter().filter_map(|c| c.get("custom_id")?.as_str().map(str::to_owned)).collect()
    }

    /// Every component, those inside others as well.
    pub(crate) fn components_flat(&self) -> Vec<&Value> {
        fn walk<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
            found.push(value);
            let inner = value.get("components").and_then(Value::as_array).into_iter().flatten();
            inner.chain(value.get("accessory")).for_each(|component| walk(component, found));
        }
        let mut found = Vec::new();
        self.components.iter().for_each(|component| walk(component, &mut found));
        found
    }
}
