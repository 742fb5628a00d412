//! `/backfill [channel] [stop]` — reads history from before the bot joined, for members who manage the server.

use super::CommandContext;
use super::private;
use crate::{
    catch_up::backfill::{BackfillRequest, Backfills, closed},
    discord::{
        channels::may_read,
        model::{
            Cache, ChannelId, ChannelType, CommandInteraction, CommandOptionType, CreateCommand, CreateCommandOption,
            GuildId, InteractionContext, Permissions, ResolvedValue,
        },
        rest::Rest,
    },
};
use std::sync::Arc;

pub(super) const NAME: &str = "backfill";
const CHANNEL: &str = "channel";
const STOP: &str = "stop";

pub(super) fn command() -> CreateCommand {
    let kinds = [ChannelType::Text, ChannelType::News, ChannelType::Voice, ChannelType::Stage, ChannelType::Forum];
    let channel =
        CreateCommandOption::new(CommandOptionType::Channel, CHANNEL, "The channel to read; this one by default")
            .channel_types(kinds.to_vec());
    let stop = CreateCommandOption::new(CommandOptionType::Boolean, STOP, "Stop reading instead of starting");
    CreateCommand::new(NAME)
        .description("Read the history of a channel from before I joined")
        .default_member_permissions(Permissions::MANAGE_GUILD)
        .contexts(vec![InteractionContext::Guild])
        .add_option(channel)
        .add_option(stop)
}

/// Begins or ends a reading.
pub(super) async fn run(context: &CommandContext, cache: &Arc<Cache>, command: &CommandInteraction) {
    let (backfills, rest) = (&context.backfills, &context.questions.rest);
    if !private::accept(rest, command).await {
        return;
    }
    let (Ok(words) | Err(words)) = answer(backfills, rest, cache, command).await;
    private::answer(rest, command, &words).await;
}

/// The answer; as an error where it is a refusal.
async fn answer(
    backfills: &Backfills,
    rest: &Rest,
    cache: &Arc<Cache>,
    command: &CommandInteraction,
) -> Result<String, String> {
    let no = |words: &str| Err(words.to_owned());
    let Some(guild) = command.guild_id else { return no("This command works only on a server.") };
    let manages = command.member.as_ref().and_then(|member| member.permissions);
    if !manages.is_some_and(|rights| rights.manage_guild() || rights.administrator()) {
        return no("Only members with the permission *Manage Server* can have its history read.");
    }
    let (channel, stop) = options(command);
    if stop {
        let words = if backfills.cancel(channel) { "I have stopped reading" } else { "I am not reading" };
        return Ok(format!("{words} the history of <#{channel}>."));
    }
    let me = rest
        .me()
        .await
        .map_err(|error| format!("I could not reach Discord ({error}). Please try again in a minute."))?;
    if !may_read(cache, guild, channel, me) {
        return Err(closed(&format!("<#{channel}>")));
    }
    if !backfills.is_possible() {
        return no(
            "Discord does not let me read messages, so I cannot read the history either. The operator must give me access to message content.",
        );
    }
    if backfills.reads(channel) {
        return Ok(format!("I am already reading the history of <#{channel}>."));
    }
    start(backfills, rest, cache, command, guild, channel).await
}

fn options(command: &CommandInteraction) -> (ChannelId, bool) {
    let (mut channel, mut stop) = (command.channel_id, false);
    for option in command.data.options() {
        match (option.name, &option.value) {
            (CHANNEL, ResolvedValue::Channel(chosen)) => channel = chosen.id,
            (STOP, ResolvedValue::Boolean(wanted)) => stop = *wanted,
            _ => {}
        }
    }
    (channel, stop)
}

async fn start(
    backfills: &Backfills,
    rest: &Rest,
    cache: &Arc<Cache>,
    command: &CommandInteraction,
    guild: GuildId,
    channel: ChannelId,
) -> Result<String, String> {
    // Everyone sees it: what is remembered is everyone's business. It takes longer than a command may.
    let words = format!("I am starting to read the history of <#{channel}>.");
    let nonce = format!("b{}", command.id);
    let posted = rest.create(command.channel_id, &words.as_str().into(), &nonce, None).await;
    let report = posted
        .inspect_err(|error| tracing::debug!(%error, "failed to post the progress of a backfill"))
        .ok()
        .map(|message| (command.channel_id, message.id));
    let asked = BackfillRequest { by: command.user.id, report };
    match backfills.start(cache, guild, channel, Some(asked)).await {
        Ok(true) => {
            Ok(format!("{words} Use `/backfill stop:True` to stop; operators see the progress with `rtfm status`."))
        }
        Ok(false) => Ok(format!("I am already reading the history of <#{channel}>.")),
        Err(error) => Err(format!("I could not start: {error}. Please try again in a few minutes.")),
    }
}
