//! "What is known about this?" in a message's context menu: the message itself is the question, and the answer is
//! for the asker's eyes only.

use crate::{
    ask::{Desk, Wish, about, whisper},
    rest::Ticket,
};
use serenity::{
    builder::CreateCommand,
    cache::Cache,
    model::application::{CommandInteraction, CommandType, ResolvedTarget},
};

pub(super) const NAME: &str = "What is known about this?";
const NO_TEXT: &str = "There is no text in that message that I could look for.";

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).kind(CommandType::Message)
}

pub(super) async fn run(desk: &Desk, cache: &Cache, command: &CommandInteraction) {
    let Some(ResolvedTarget::Message(target)) = command.data.target() else {
        return tracing::warn!(interaction = %command.id, "a message command without its message");
    };
    let Some(asked) = about(cache, command.guild_id, target) else {
        return whisper(&desk.rest, Ticket::from(command), NO_TEXT).await;
    };
    desk.by_command(cache, command, Wish { asked, about: Some(target.id.get()), private: true }).await;
}
