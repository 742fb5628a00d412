//! `/help` — how to ask, for the asker's eyes only.

use crate::rest::Rest;
use serenity::{builder::CreateCommand, model::application::CommandInteraction};

pub(super) const NAME: &str = "help";

const TEXT: &str = "I remember what is said on this server and answer questions about it, with links to the messages \
that an answer rests on.\n\n\
**Ways to ask**\n\
- begin a message with `RTFM`: `RTFM how do I run the tests?`\n\
- mention me anywhere in a message\n\
- reply to one of my answers to ask further\n\
- use `/ask`. It can be for your eyes only (`private`), and be about one `channel`, about the time `since` a day or \
some days ago, and about what came `from` one person\n\
- in a thread that I began, just write\n\
- send me a direct message: I answer from what you can read on the server that we share\n\
- open a message's menu → Apps → **What is known about this?**\n\n\
**Under an answer**\n\
- 👍 and 👎 tell whether it helped; **Sources** shows what it rests on, as far as you can read it\n\
- who asked, and moderators, can have it asked again (**Regenerate**) or take it away (**Delete**)\n\n\
An answer in a channel rests only on channels that everyone who sees it can read. Messages that ask me something are \
not remembered, and what is edited or deleted here is edited or deleted in my memory too.";

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).description("How to ask me something")
}

pub(super) async fn run(rest: &Rest, command: &CommandInteraction) {
    if let Err(error) = rest.whisper(command, TEXT).await {
        tracing::warn!(interaction = %command.id, %error, "cannot answer a command");
    }
}
