//! The wire form of messages, with their text or without it.

use serde_json::{Value, json};
use serenity::all::{ChannelId, MessageId};

use super::clock::iso;
use super::message::Attachment;
use super::render::merge;
use super::render_parts;
use super::{Message, World};

/// How long a CDN link lives.
const LINK_LIFE_MS: u64 = 24 * 60 * 60 * 1000;

/// The messages that an application without the message content intent reads in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Everything.
    Full,
    /// Only its own messages, those that mention it, and direct ones.
    Limited,
}

impl World {
    /// Whether an application without the content intent still gets this message's text.
    fn open_to_all(&self, message: &Message) -> bool {
        let direct = self.channels.get(&message.channel).is_some_and(|channel| channel.guild().is_none());
        direct || message.author == self.bot || message.mentions.contains(&self.bot)
    }

    /// A message as REST shows it.
    pub(crate) fn message_json(&self, message: &Message, reading: Reading) -> Value {
        let mut value = self.bare_message_json(message, reading);
        if let Some(referenced) = message.reply_to {
            let original = self.message(message.channel, referenced);
            let original = original.map_or(Value::Null, |original| self.bare_message_json(original, reading));
            merge(&mut value, json!({"referenced_message": original}));
        }
        value
    }

    /// A message as the gateway shows it: REST's form, with the guild and the author's membership.
    pub(crate) fn message_event_json(&self, message: &Message, reading: Reading) -> Value {
        let mut value = self.message_json(message, reading);
        let guild = self.channels.get(&message.channel).and_then(|channel| channel.guild());
        if let Some(guild) = guild {
            merge(&mut value, json!({"guild_id": guild}));
            if let Some(member) = self.guild(guild).members.get(&message.author) {
                merge(&mut value, json!({"member": self.partial_member_json(member)}));
            }
        }
        value
    }

    fn bare_message_json(&self, message: &Message, reading: Reading) -> Value {
        let full = reading == Reading::Full || self.open_to_all(message);
        let blank = Vec::new();
        let (content, embeds, components) =
            if full { (message.content.as_str(), &message.embeds, &message.components) } else { ("", &blank, &blank) };
        let attachments = message.attachments.iter().filter(|_| full);
        let mut value = json!({
            "id": message.id, "channel_id": message.channel, "author": self.user_json(message.author),
            "content": content, "timestamp": iso(message.timestamp_ms),
            "edited_timestamp": message.edited_ms.map(iso), "tts": false,
            "mention_everyone": message.mention_everyone, "mention_roles": message.mention_roles,
            "mentions": message.mentions.iter().map(|user| self.user_json(*user)).collect::<Vec<_>>(),
            "attachments": attachments.map(|file| self.attachment_json(message.channel, file)).collect::<Vec<_>>(),
            "embeds": embeds.iter().map(render_parts::embed).collect::<Vec<_>>(),
            "components": render_parts::components(components), "pinned": false, "type": message.kind, "flags": message.flags,
        });
        let reactions = message.reactions.iter().filter(|(_, users)| !users.is_empty());
        let reactions: Vec<Value> = reactions
            .map(|(emoji, users)| {
                json!({
                    "emoji": {"id": null, "name": emoji}, "count": users.len(), "burst_colors": [],
                    "count_details": {"burst": 0, "normal": users.len()},
                    "me": users.contains(&self.bot), "me_burst": false, "burst_count": 0,
                })
            })
            .collect();
        if !reactions.is_empty() {
            merge(&mut value, json!({"reactions": reactions}));
        }
        if let Some(nonce) = &message.nonce {
            merge(&mut value, json!({"nonce": nonce}));
        }
        if let Some(referenced) = message.reply_to {
            merge(&mut value, json!({"message_reference": self.reference_json(message.channel, referenced)}));
        }
        if let Some(thread) = message.thread.and_then(|thread| self.channels.get(&thread)) {
            merge(&mut value, json!({"thread": self.channel_json(thread)}));
        }
        if let Some(extra) = message.extra.as_ref().filter(|_| full) {
            merge(&mut value, extra.clone());
        }
        if let Some(metadata) = &message.interaction_metadata {
            merge(&mut value, json!({"interaction_metadata": metadata}));
            merge(&mut value, json!({"application_id": self.application, "webhook_id": self.application}));
        }
        value
    }

    fn reference_json(&self, channel: ChannelId, referenced: MessageId) -> Value {
        let mut reference = json!({"type": 0, "message_id": referenced, "channel_id": channel});
        if let Some(guild) = self.channels.get(&channel).and_then(|channel| channel.guild()) {
            merge(&mut reference, json!({"guild_id": guild}));
        }
        reference
    }

    fn attachment_json(&self, channel: ChannelId, file: &Attachment) -> Value {
        let expires = (self.clock.now_ms() + LINK_LIFE_MS) / 1000;
        let path = format!("attachments/{channel}/{}/{}", file.id, percent_encoded(&file.filename));
        let query = format!("ex={expires:x}&is={:x}&hm=feed", expires - LINK_LIFE_MS / 1000);
        json!({
            "id": file.id, "filename": file.filename, "size": file.bytes.len(), "content_type": file.content_type,
            "url": format!("https://cdn.discordapp.com/{path}?{query}"),
            "proxy_url": format!("https://media.discordapp.net/{path}?{query}"),
        })
    }
}

/// A name as one segment of an address.
fn percent_encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
