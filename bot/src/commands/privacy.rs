//! `/privacy` — what is stored about a person, and what they decide about it, on every server.
//!
//! A decision is durable and known to this process before anything else happens. Then it is published on every
//! partition of `discord-messages`, after all earlier events; then the person gets their answer.

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

/// How long the answer waits for the removal to be published.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(60);

const NOT_STORED: &str = "I could not store your decision, so nothing has changed. Please try again in a few minutes.";
const NOT_YET_VISIBLE: &str = "Your decision is stored. It takes effect as soon as I can read my settings again.";

pub(super) fn command() -> CreateCommand {
    let word = |name, description| CreateCommandOption::new(CommandOptionType::SubCommand, name, description);
    CreateCommand::new(NAME)
        .description("See and decide what I remember of you")
        .add_option(word(STATUS, "Show what I store about you"))
        .add_option(word(OPT_OUT, "Remove what you wrote, and remember nothing more"))
        .add_option(word(OPT_IN, "Remember what you write from now on"))
        .add_option(word(FORGET_ME, "Remove what you wrote so far; remember what you write from now on"))
}

pub(super) async fn run(context: &CommandContext, command: &CommandInteraction) {
    if !private::accept(&context.questions.rest, command).await {
        return;
    }
    let word = command.data.options.first().map(|option| option.name.as_str()).unwrap_or_default();
    let text = match word {
        _ if !context.is_ready().await => NOT_KNOWN.to_owned(),
        STATUS => status(context, command).await,
        OPT_OUT => decided(context, command, |_, at| (true, at)).await,
        OPT_IN => opt_in(context, command).await,
        FORGET_ME => decided(context, command, |before, at| (before.opted_out, at)).await,
        other => format!("I do not know the subcommand `{other}`."),
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
    let is_removed = context.removals.remove_within(event, trace::current().unwrap_or_default(), REMOVAL_TIMEOUT).await;
    let removed = if is_removed {
        "I no longer use what you wrote until now, and am removing it from my memory, on every server."
    } else {
        "I no longer use what you wrote until now. Removing it takes longer than usual, because my queue is slow right \
         now."
    };
    let next = if opted_out {
        "You are opted out: I remember nothing that you write, on any server. Use `/privacy opt-in` to change that."
    } else {
        "I remember what you write from now on. To stop that too, use `/privacy opt-out`."
    };
    format!("{removed}\n{next}")
}

async fn opt_in(context: &CommandContext, command: &CommandInteraction) -> String {
    let at = instant(command);
    let _turn = context.turn().await;
    let before = context.settings().privacy(&command.user.id.event_id());
    if !before.opted_out {
        return "You are not opted out: I remember what you write where the server allows it.".to_owned();
    }
    // Messages from the time of the opt-out stay forgotten.
    match decide(context, before, false, at).await {
        Err(error) => error.to_owned(),
        Ok(()) => {
            "Welcome back. I remember what you write from now on; what you wrote before stays forgotten.".to_owned()
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
        SettingsError::NotYetVisible => NOT_YET_VISIBLE,
        SettingsError::Encode(_) | SettingsError::Bus(_) => NOT_STORED,
    })
}

async fn status(context: &CommandContext, command: &CommandInteraction) -> String {
    let user = context.settings().privacy(&command.user.id.event_id());
    let mut lines = Vec::new();
    lines.push(match (user.opted_out, user.forgotten_until) {
        (true, _) => format!("**You are opted out** since {}. I remember nothing that you write, on any server.", shown(user.changed_at)),
        (false, None) => "**You are not opted out.** Where a server allows it, I remember your messages: their text, your name and id, the channel, the time, and the files attached to them.".to_owned(),
        (false, Some(until)) => format!("**You are not opted out.** I have forgotten what you wrote until {}. Where a server allows it, I remember your later messages: their text, your name and id, the channel, the time, and the files attached to them.", shown(until)),
    });
    let guild = command.guild_id.map(|guild| context.settings().guild(&GuildId::from(guild.get())));
    lines.push(match guild.as_ref().and_then(|guild| guild.retention_days) {
        Some(days) => format!("This server keeps messages for {days} days."),
        None if guild.is_some() => "This server keeps messages until they are deleted on Discord.".to_owned(),
        None => "Each server decides how long it keeps messages; without a limit, until they are deleted on Discord."
            .to_owned(),
    });
    lines.push("Besides that, messages stay in a log for about a week, questions and answers for about a day, and your choices here for as long as I run. I cannot count your messages from here.".to_owned());
    lines.push("`/privacy opt-out` removes what you wrote, and I remember nothing more; `/privacy forget-me` only removes what you wrote so far.".to_owned());
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
