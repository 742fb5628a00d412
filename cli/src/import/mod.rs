//! Histories in: DiscordChatExporter's JSON files, read message by message and published as
//! `message.created`, so that what was said before RTFM came is remembered too.

mod export;
mod publish;
mod reader;
mod text;
mod wait;

pub(crate) use export::Skip;
pub(crate) use publish::{Source, Summary, publish};
pub(crate) use reader::{Item, read};
pub(crate) use wait::until_indexed;
