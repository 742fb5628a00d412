//! The bot's commands, one file each, and how Discord learns of them.

mod ask;
pub(crate) mod backfill;
mod help;

use crate::{
    ask::Desk,
    rest::{INVITE, Rest, RestError},
};
use serenity::{
    builder::CreateCommand,
    cache::Cache,
    model::{
        application::{Command, CommandInteraction, InstallationContext, InteractionContext},
        id::ApplicationId,
    },
};
use std::time::Duration;
use tokio::sync::Mutex;

/// Every command, as Discord is to know it.
fn all() -> Vec<CreateCommand> {
    let here = [InteractionContext::Guild, InteractionContext::BotDm];
    [ask::command(), help::command()]
        .into_iter()
        .map(|command| command.contexts(here.to_vec()))
        .chain([backfill::command()])
        .map(|command| command.integration_types(vec![InstallationContext::Guild]))
        .collect()
}

/// Does what a command asks for.
pub(crate) async fn run(desk: &Desk, cache: &Cache, command: &CommandInteraction) {
    match command.data.name.as_str() {
        ask::NAME => ask::run(desk, cache, command).await,
        help::NAME => help::run(&desk.rest, command).await,
        other => tracing::warn!(command = other, "a command that this version does not have"),
    }
}

/// Where a server's administrator invites the bot.
pub(crate) fn invite(application: ApplicationId) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={}",
        INVITE.bits()
    )
}

/// Tells Discord about the commands, once a process.
#[derive(Debug, Default)]
pub(crate) struct Registration {
    done: Mutex<bool>,
}

impl Registration {
    /// Overwrites what Discord knows where it differs; creating commands is limited, asking is not.
    pub(crate) async fn run(&self, rest: &Rest) {
        let mut done = self.done.lock().await;
        let mut delay = Duration::from_secs(2);
        for _ in 0..6 {
            if *done {
                return;
            }
            match register(rest).await {
                Ok(()) => *done = true,
                Err(error) => {
                    tracing::warn!(%error, "the commands are not registered yet");
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                }
            }
        }
    }
}

async fn register(rest: &Rest) -> Result<(), RestError> {
    let wanted = all();
    let known = rest.commands().await?;
    if same(&known, &wanted) {
        return Ok(());
    }
    rest.set_commands(&wanted).await?;
    tracing::info!(commands = wanted.len(), "the commands are registered");
    Ok(())
}

/// Whether Discord knows exactly these, in what people see of them.
fn same(known: &[Command], wanted: &[CreateCommand]) -> bool {
    let seen = |command: serde_json::Value| {
        let options = command.get("options").and_then(|options| options.as_array()).cloned().unwrap_or_default();
        let option = |option: &serde_json::Value| {
            let required = option.get("required").and_then(serde_json::Value::as_bool).unwrap_or_default();
            (text(option, "name"), text(option, "description"), option.get("type").cloned(), required)
        };
        (text(&command, "name"), text(&command, "description"), options.iter().map(option).collect::<Vec<_>>())
    };
    let known: Option<Vec<_>> = known.iter().map(|command| serde_json::to_value(command).ok().map(seen)).collect();
    let wanted: Option<Vec<_>> = wanted.iter().map(|command| serde_json::to_value(command).ok().map(seen)).collect();
    let (Some(mut known), Some(mut wanted)) = (known, wanted) else { return false };
    known.sort_by(|a, b| a.0.cmp(&b.0));
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    known == wanted
}

fn text(value: &serde_json::Value, field: &str) -> String {
    value.get(field).and_then(|text| text.as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_knows_is_compared_with_what_it_should() {
        let known = |command: &CreateCommand| -> Command {
            let mut value = serde_json::to_value(command).unwrap();
            let fields = serde_json::json!({"id": "1", "application_id": "2", "version": "3", "type": 1});
            value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            serde_json::from_value(value).unwrap()
        };
        let wanted = all();
        let all_known: Vec<Command> = wanted.iter().rev().map(known).collect();
        assert!(same(&all_known, &wanted));
        assert!(!same(&all_known[1..], &wanted));
        let renamed: Vec<Command> = wanted.iter().map(|command| known(&command.clone().description("else"))).collect();
        assert!(!same(&renamed, &wanted));
    }

    #[test]
    fn the_invitation_asks_for_what_the_bot_needs() {
        assert_eq!(
            invite(ApplicationId::new(5)),
            "https://discord.com/oauth2/authorize?client_id=5&scope=bot+applications.commands&permissions=274877975552"
        );
    }
}
