//! `/help` — how to ask; only the person who used it sees the answer.

use crate::{
    discord::{
        accept::reply_privately,
        model::{CommandInteraction, CreateCommand},
        rest::{InteractionRef, Rest},
    },
    gateway::ContentAccess,
};

pub(super) const NAME: &str = "help";

const TEXT: &str = "I remember what is said on this server and answer questions about it, with links to the messages \
behind each answer.\n\n\
**Ways to ask**\n\
- start a message with `RTFM`: `RTFM how do I run the tests?`\n\
- mention me anywhere in a message\n\
- reply to one of my answers with a follow-up question\n\
- use `/ask`; its options limit the answer to one `channel`, to the time `since` a day, or to messages `from` one person, \
and with `private` only you see it\n\
- in a thread that I started, just write\n\
- send me a direct message: I answer from what you can read on a server that we share\n\
- open a message's menu → Apps → **What is known about this?**\n\n\
**Under an answer**\n\
- 👍 and 👎 say whether it helped; **Sources** shows the messages behind it, as far as you can read them\n\
- the person who asked and moderators can ask again (**Regenerate**) or remove the answer (**Delete**)\n\n\
An answer in a channel uses only channels that everyone who sees it can read. I do not remember questions to me. When \
you edit or delete a message, I update or delete it in my memory too.";

/// What everybody can decide, and what members who manage the server can.
const DECIDING: &str = "**Your privacy**\n\
- `/privacy status` shows what I store about you, and for how long\n\
- `/privacy opt-out` removes what you wrote, and I remember nothing more, on any server; `opt-in` reverses that for new \
messages\n\
- `/privacy forget-me` removes what you wrote so far\n\n\
**For members who manage the server**\n\
- `/rtfm settings` decides which channels are remembered and answered in, how answers read, how long messages are kept, \
and how much may be asked\n\
- `/backfill` reads the history of a channel from before I joined";

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME).description("How to ask me something")
}

pub(super) async fn run(rest: &Rest, content: &ContentAccess, command: &CommandInteraction) {
    let degraded = content.for_people().map_or_else(String::new, |degraded| format!("\n\n{degraded}"));
    reply_privately(rest, InteractionRef::from(command), &format!("{TEXT}\n\n{DECIDING}{degraded}")).await;
}
