//! "What is known about this?" in a message's context menu: the message itself is the question, and only the
//! asker sees the answer.

use super::NOT_KNOWN;
use crate::{
    ask::{CommandQuestion, QuestionService, Usable, about},
    discord::{
        accept::reply_privately,
        model::{Cache, CommandInteraction, CommandType, CreateCommand, ResolvedTarget},
        rest::InteractionRef,
    },
};

pub(super) const NAME: &str = "What is known about this?";
const NO_TEXT: &str = "That message has no text, so there is nothing to look up.";
const NOT_MINE: &str = "That message is not remembered: its author or this server decided so. I cannot look it up.";

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).kind(CommandType::Message)
}

pub(super) async fn run(questions: &QuestionService, cache: &Cache, command: &CommandInteraction) {
    let Some(ResolvedTarget::Message(target)) = command.data.target() else {
        return tracing::warn!(interaction = %command.id, "message command without its message");
    };
    let refusal = match questions.may_use(cache, command.guild_id, target, command.user.id).await {
        Usable::Yes => match about(cache, command.guild_id, target) {
            Some(asked) => {
                let wish = CommandQuestion { asked, about: Some(target.id.get()), private: true };
                return questions.by_command(cache, command, wish).await;
            }
            None => NO_TEXT,
        },
        Usable::No => NOT_MINE,
        Usable::NotKnown => NOT_KNOWN,
    };
    reply_privately(&questions.rest, InteractionRef::from(command), refusal).await;
}
