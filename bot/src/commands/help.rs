//! `/help` — how to ask, for the asker's eyes only.

use crate::{
    discord::{
        accept::whisper,
        model::{CommandInteraction, CreateCommand},
        rest::{InteractionRef, Rest},
    },
    gateway::ContentAccess,
};

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

/// What everybody should know about their say in it, and those who manage the server about theirs.
const DECIDING: &str = "**Your privacy**\n\
- `/privacy status` says what is stored about you, and for how long\n\
- `/privacy opt-out` removes what you wrote and remembers nothing more, on any server; `opt-in` takes that back\n\
- `/privacy forget-me` removes what you wrote so far\n\n\
**For those who manage the server**\n\
- `/rtfm settings show` and its neighbours decide which channels are remembered and answered in, how answers read, \
how long messages are kept, and how much may be asked\n\
- `/backfill` reads what was said in a channel before I came";

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).description("How to ask me something")
}

pub(super) async fn run(rest: &Rest, content: &ContentAccess, command: &CommandInteraction) {
    let degraded = content.for_people().map_or_else(String::new, |degraded| format!("\n\n{degraded}"));
    whisper(rest, InteractionRef::from(command), &format!("{TEXT}\n\n{DECIDING}{degraded}")).await;
}
