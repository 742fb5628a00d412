//! "What is known about this?" in a message's context menu: the message itself is the question, and the answer is
//! for the asker's eyes only.

use crate::{
    ask::{Desk, Narrowing, Wish, mentions_as_names, whisper},
    gateway::{name_in, name_of},
    rest::Ticket,
};
use serenity::{
    builder::CreateCommand,
    cache::Cache,
    model::application::{CommandInteraction, CommandType, ResolvedTarget},
};

pub(super) const NAME: &str = "What is known about this?";
const NO_TEXT: &str = "There is no text in that message that I could look for.";
/// As much of the message as the answer repeats.
const SHOWN: usize = 200;

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).kind(CommandType::Message)
}

pub(super) async fn run(desk: &Desk, cache: &Cache, command: &CommandInteraction) {
    let Some(ResolvedTarget::Message(target)) = command.data.target() else {
        return tracing::warn!(interaction = %command.id, "a message command without its message");
    };
    let text = mentions_as_names(target.content.trim(), cache, target, command.guild_id);
    if text.is_empty() {
        return whisper(&desk.rest, Ticket::from(command), NO_TEXT).await;
    }
    let author = name_of(&target.author, None);
    let place = command.guild_id.and_then(|guild| name_in(cache, guild, command.channel_id));
    let place = place.map_or_else(String::new, |name| format!(" in #{name}"));
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let wish = Wish {
        text: format!("{text}\n(said by {author}{place})"),
        about: Some(target.id.get()),
        shown: format!("{author}: {shown}"),
        narrowing: Narrowing::default(),
        private: true,
    };
    desk.by_command(cache, command, wish).await;
}
