//! `/ask question:` — a question whose answer everyone in the channel sees.

use crate::ask::{Desk, HINT};
use serenity::{
    builder::{CreateCommand, CreateCommandOption},
    cache::Cache,
    model::application::{CommandInteraction, CommandOptionType, ResolvedValue},
};

pub(super) const NAME: &str = "ask";
const QUESTION: &str = "question";

pub(super) fn command() -> CreateCommand {
    let question = CreateCommandOption::new(CommandOptionType::String, QUESTION, "What do you want to know?");
    CreateCommand::new(NAME)
        .description("Ask what was said on this server")
        .add_option(question.required(true).max_length(1500))
}

pub(super) async fn run(desk: &Desk, cache: &Cache, command: &CommandInteraction) {
    let options = command.data.options();
    let question = options.iter().find_map(|option| match (option.name, &option.value) {
        (QUESTION, ResolvedValue::String(text)) => Some(text.trim()),
        _ => None,
    });
    match question.filter(|question| !question.is_empty()) {
        Some(question) => desk.by_command(cache, command, question).await,
        None => {
            if let Err(error) = desk.rest.whisper(command, HINT).await {
                tracing::warn!(interaction = %command.id, %error, "cannot answer a command");
            }
        }
    }
}
