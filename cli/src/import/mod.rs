//! Imports of histories: reads DiscordChatExporter's JSON files message by message and publishes each message as
//! `message.created`, so that the memory also holds what people wrote before the bot joined.

mod export;
mod fields;
mod publish;
mod reader;
mod wait;

pub(crate) use export::{ExportChannel, ExportGuild, SkipReason};
pub(crate) use publish::{ImportSource, ImportSummary, publish};
pub(crate) use reader::{ExportItem, read};
pub(crate) use wait::until_indexed;
