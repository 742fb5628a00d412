//! `/privacy` — what is stored about somebody, and their say in it, wherever the bot is.
//!
//! A decision is durable and known to this process before anything else happens. Then it is published on every partition
//! of `discord-messages`, after all earlier events; then the person gets their answer.

use super::{CommandContext, NOT_KNOWN, private};
use crate::discord::{
    ids::ToEventId,
    model::{CommandInteraction, CommandOptionType, CreateCommand, CreateCommandOption},
};
use jiff::Timestamp;
use rtfm_shared::{
    event::{AuthorForgotten, AuthorPrivacy, GuildId, SettingsEvent, snowflake},
    settings::SettingsError,
    telemetry::trace,
};
use std::time::Duration;

pub(super) const NAME: &str = "privacy";
const STATUS: &str = "status";
const OPT_OUT: &str = "opt-out";
const OPT_IN: &str = "opt-in";
const FORGET_ME: &str = "forget-me";

/// How long somebody waits for the word that they are forgotten to be on its way.
const PATIENCE: Duration = Duration::from_secs(60);

const NOT_STORED: &str =
    "I could not store your decision just now, so nothing has changed. Please try again in a while.";
const NOT_HEARD: &str = "Your decision is stored. It takes effect as soon as I can read my settings again.";

pub(super) fn command() -> CreateCommand {
    let word = |name, description| CreateCommandOption::new(CommandOptionType::SubCommand, name, description);
    CreateCommand::new(NAME)
        .description("What I remember of you, and your say in it")
        .add_option(word(STATUS, "What is stored about me?"))
        .add_option(word(OPT_OUT, "Remember nothing that I write, and remove what you have"))
        .add_option(word(OPT_IN, "Remember again what I write from now on"))
        .add_option(word(FORGET_ME, "Remove what I wrote so far; remember what I write from now on"))
}

pub(super) async fn run(context: &CommandContext, command: &CommandInteraction) {
    if !private::accept(&context.questions.rest, command).await {
        return;
    }
    let word = command.data.options.first().map(|option| option.name.as_str()).unwrap_or_default();
    let text = match word {
        _ if !context.knows().await => NOT_KNOWN.to_owned(),
        STATUS => status(context, command).await,
        OPT_OUT => decided(context, command, |_, at| (true, at)).await,
        OPT_IN => opt_in(context, command).await,
        FORGET_ME => decided(context, command, |before, at| (before.opted_out, at)).await,
        other => format!("I do not know `{other}`."),
    };
    private::answer(&context.questions.rest, command, &text).await;
}

/// Removes what a person wrote; `choose` says what else holds from now on.
async fn decided(
    context: &CommandContext,
    command: &CommandInteraction,
    choose: impl FnOnce(&AuthorPrivacy, Timestamp) -> (bool, Timestamp),
) -> String {
    let at = instant(command);
    let opted_out = {
        let _turn = context.turn().await;
        let before = context.settings().privacy(&command.user.id.event_id());
        let (opted_out, until) = choose(&before, at);
        if let Err(error) = decide(context, before, opted_out, until).await {
            return error.to_owned();
        }
        opted_out
    };
    let event = AuthorForgotten { user_id: command.user.id.event_id(), guild_id: None, timestamp: at };
    let said = context.removals.remove_within(event, trace::current().unwrap_or_default(), PATIENCE).await;
    let removed = if said {
        "What you wrote until now cannot be found any more, and is being removed from my memory on every server."
    } else {
        "What you wrote until now is hidden from answers and will be removed; the queue that carries the word is slow \
         right now."
    };
    let next = if opted_out {
        "You are opted out: nothing that you write is remembered, on any server. `/privacy opt-in` changes that."
    } else {
        "What you write from now on is remembered again. To be left out altogether, use `/privacy opt-out`."
    };
    format!("{removed}\n{next}")
}

async fn opt_in(context: &CommandContext, command: &CommandInteraction) -> String {
    let at = instant(command);
    let _turn = context.turn().await;
    let before = context.settings().privacy(&command.user.id.event_id());
    if !before.opted_out {
        return "You are not opted out: what you write is remembered where the server allows it.".to_owned();
    }
    // What was written in between was written by somebody who did not want it kept.
    match decide(context, before, false, at).await {
        Err(error) => error.to_owned(),
        Ok(()) => {
            "Welcome back. What you write from now on is remembered; what you wrote before stays forgotten.".to_owned()
        }
    }
}

async fn decide(
    context: &CommandContext,
    before: AuthorPrivacy,
    opted_out: bool,
    until: Timestamp,
) -> Result<(), &'static str> {
    let forgotten_until = before.forgotten_until.max(Some(until));
    let after = AuthorPrivacy { changed_at: until, opted_out, forgotten_until, ..before };
    context.decide(SettingsEvent::Privacy(after)).await.map_err(|error| match error {
        SettingsError::NotYetVisible => NOT_HEARD,
        SettingsError::Encode(_) | SettingsError::Bus(_) => NOT_STORED,
    })
}

async fn status(context: &CommandContext, command: &CommandInteraction) -> String {
    let user = context.settings().privacy(&command.user.id.event_id());
    let mut lines = Vec::new();
    lines.push(match (user.opted_out, user.forgotten_until) {
        (true, _) => format!("**You are opted out** (decided {}). Nothing that you write is remembered, on any server.", shown(user.changed_at)),
        (false, None) => "**You are not opted out.** Where a server allows it, I remember your messages: their text, your name and id, the channel, the time, and the files that hang on them.".to_owned(),
        (false, Some(until)) => format!("**You are not opted out.** What you wrote until {} is forgotten; later messages are remembered where a server allows it: their text, your name and id, the channel, the time, and the files that hang on them.", shown(until)),
    });
    let guild = command.guild_id.map(|guild| context.settings().guild(&GuildId::from(guild.get())));
    lines.push(match guild.as_ref().and_then(|guild| guild.retention_days) {
        Some(days) => format!("This server keeps messages for {days} days."),
        None if guild.is_some() => "This server keeps messages until they are deleted on Discord.".to_owned(),
        None => "Each server says for how long it keeps messages; without a limit, until they are deleted on Discord."
            .to_owned(),
    });
    lines.push("Besides: what is said passes through a log that is kept for 7 days, questions and answers for one day, and your choices here for as long as I run. How many messages of yours there are, I cannot count from here.".to_owned());
    lines.push("`/privacy opt-out` removes everything and remembers nothing more; `/privacy forget-me` removes what you wrote so far.".to_owned());
    lines.join("\n")
}

/// A point in time as each reader's client shows it.
fn shown(at: Timestamp) -> String {
    format!("<t:{}:f>", at.as_second())
}

/// When the command was given, by the clock that is ahead: a message just before it counts as before.
fn instant(command: &CommandInteraction) -> Timestamp {
    snowflake::created_at(command.id.get()).max(Timestamp::now())
}
