//! "What is known about this?" in a message's context menu: the message itself is the question, and the answer is
//! for the asker's eyes only.

use super::NOT_KNOWN;
use crate::{
    ask::{Desk, Usable, Wish, about, whisper},
    rest::Ticket,
};
use serenity::{
    builder::CreateCommand,
    cache::Cache,
    model::application::{CommandInteraction, CommandType, ResolvedTarget},
};

pub(super) const NAME: &str = "What is known about this?";
const NO_TEXT: &str = "There is no text in that message that I could look for.";
const NOT_MINE: &str = "I cannot look into that message: whoever wrote it wants what they wrote there not to be used.";

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).kind(CommandType::Message)
}

pub(super) async fn run(desk: &Desk, cache: &Cache, command: &CommandInteraction) {
    let Some(ResolvedTarget::Message(target)) = command.data.target() else {
        return tracing::warn!(interaction = %command.id, "a message command without its message");
    };
    let refusal = match desk.may_use(target, command.user.id).await {
        Usable::Yes => match about(cache, command.guild_id, target) {
            Some(asked) => {
                let wish = Wish { asked, about: Some(target.id.get()), private: true };
                return desk.by_command(cache, command, wish).await;
            }
            None => NO_TEXT,
        },
        Usable::No => NOT_MINE,
        Usable::NotKnown => NOT_KNOWN,
    };
    whisper(&desk.rest, Ticket::from(command), refusal).await;
}
