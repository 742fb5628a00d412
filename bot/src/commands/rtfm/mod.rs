//! `/rtfm settings …` — the settings of a server, for members who manage it.

mod change;
mod options;
mod show;

use super::{CommandContext, NOT_KNOWN, private};
use crate::discord::{
    ids::ToEventId,
    model::{Cache, CommandInteraction, CreateCommand, Permissions, ResolvedValue},
};
use change::Given;
use jiff::Timestamp;
use rtfm_shared::{
    event::{GuildId, GuildSettings, SettingsEvent},
    settings::SettingsError,
};

pub(super) const NAME: &str = "rtfm";

/// Who may decide for a server.
pub(crate) const MANAGERS: Permissions = Permissions::MANAGE_GUILD;

pub(super) fn command() -> CreateCommand {
    CreateCommand::new(NAME)
        .description("Decide what I remember and how I answer on this server")
        .default_member_permissions(MANAGERS)
        .add_option(options::settings())
}

pub(super) async fn run(context: &CommandContext, cache: &Cache, command: &CommandInteraction) {
    if !private::accept(&context.questions.rest, command).await {
        return;
    }
    let text = decided(context, cache, command).await.unwrap_or_else(|why| why);
    private::answer(&context.questions.rest, command, &text).await;
}

/// The answer; an error says why nothing was changed.
async fn decided(context: &CommandContext, cache: &Cache, command: &CommandInteraction) -> Result<String, String> {
    let Some(guild) = command.guild_id.map(|guild| GuildId::from(guild.get())) else {
        return Err("This command works only on a server.".to_owned());
    };
    // A server may offer the command to others; they still may not use it.
    let permissions = command.member.as_ref().and_then(|member| member.permissions).unwrap_or_default();
    if !permissions.intersects(MANAGERS | Permissions::ADMINISTRATOR) {
        return Err("Only members with the permission *Manage Server* can see or change these settings.".to_owned());
    }
    let (word, given) = subcommand(command).ok_or("I do not know this command.")?;
    if !context.is_ready().await {
        return Err(NOT_KNOWN.to_owned());
    }
    let _turn = context.turn().await;
    let before = context.settings().guild(&guild);
    if word == options::SHOW {
        return Ok(show::all(&before, context.has_members_intent));
    }
    let changed_by = command.user.id.event_id();
    let mut after = GuildSettings { changed_by, changed_at: Timestamp::now(), ..(*before).clone() };
    change::apply(&mut after, &word, &given)?;
    let difference = show::difference(&before, &after, context.has_members_intent);
    if difference.is_empty() {
        return Ok("These settings already have these values, so nothing has changed.".to_owned());
    }
    // First, so that nothing comes in between.
    if let Some(here) = command.guild_id
        && context.checkpoints.remember_from_now(cache, here, &before.remembered, &after.remembered)
    {
        context.checkpoints.store(context.settings(), false).await;
    }
    match context.decide(SettingsEvent::Guild(after)).await {
        Ok(()) => Ok(format!("Done. In effect from now on:\n{difference}")),
        Err(SettingsError::NotYetVisible) => {
            Ok(format!("Stored. It takes effect as soon as I can read my settings again:\n{difference}"))
        }
        Err(_) => Err("I could not store that, so nothing has changed. Please try again in a few minutes.".to_owned()),
    }
}

/// The subcommand of `/rtfm settings` and what was given with it.
fn subcommand(command: &CommandInteraction) -> Option<(String, Vec<Given>)> {
    let group = command.data.options().into_iter().find(|option| option.name == options::SETTINGS)?;
    let ResolvedValue::SubCommandGroup(words) = group.value else { return None };
    let word = words.into_iter().next()?;
    let ResolvedValue::SubCommand(given) = word.value else { return None };
    let given = given.into_iter().filter_map(|option| {
        let name = option.name.to_owned();
        match option.value {
            ResolvedValue::String(text) => Some(Given::text(name, text)),
            ResolvedValue::Integer(number) => Some(Given::number(name, number)),
            ResolvedValue::Boolean(flag) => Some(Given::flag(name, flag)),
            ResolvedValue::Channel(channel) => Some(Given::channel(name, channel.id.get())),
            _ => None,
        }
    });
    Some((word.name.to_owned(), given.collect()))
}
