//! The bot's commands, one file each, and how Discord learns of them.

mod about;
mod ask;
mod backfill;
mod context;
mod help;
mod privacy;
mod private;
mod rtfm;

use crate::discord::{
    model::{
        ApplicationId, Cache, Command, CommandInteraction, CreateCommand, InstallationContext, InteractionContext,
    },
    rest::{INVITE, Rest, RestError},
    retry::times,
};
use backon::Retryable;
pub(crate) use context::CommandContext;
use context::NOT_KNOWN;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Every command, as Discord is to know it.
fn all() -> Vec<CreateCommand> {
    let here = [InteractionContext::Guild, InteractionContext::BotDm];
    let anywhere = [about::command(), ask::command(), help::command(), privacy::command()];
    let anywhere = anywhere.map(|command| command.contexts(here.to_vec()));
    let on_servers = [backfill::command(), rtfm::command()];
    let on_servers = on_servers.map(|command| command.contexts(vec![InteractionContext::Guild]));
    let all = anywhere.into_iter().chain(on_servers);
    all.map(|command| command.integration_types(vec![InstallationContext::Guild])).collect()
}

/// Does what a command asks for.
pub(crate) async fn run(context: &CommandContext, cache: &Arc<Cache>, command: &CommandInteraction) {
    match command.data.name.as_str() {
        about::NAME => about::run(&context.questions, cache, command).await,
        ask::NAME => ask::run(&context.questions, cache, command).await,
        backfill::NAME => backfill::run(context, cache, command).await,
        help::NAME => help::run(&context.questions.rest, &context.content, command).await,
        privacy::NAME => privacy::run(context, command).await,
        rtfm::NAME => rtfm::run(context, cache, command).await,
        other => tracing::warn!(command = other, "unknown command"),
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
        if *done {
            return;
        }
        let registered = (|| register(rest)).retry(times(5, Duration::from_secs(2)));
        let registered = registered.notify(|error, _| tracing::warn!(%error, "failed to register commands, retrying"));
        *done = registered.await.inspect_err(|error| tracing::error!(%error, "failed to register commands")).is_ok();
    }
}

async fn register(rest: &Rest) -> Result<(), RestError> {
    let wanted = all();
    let known = rest.commands().await?;
    if same(&known, &wanted) {
        return Ok(());
    }
    rest.set_commands(&wanted).await?;
    tracing::info!(commands = wanted.len(), "commands registered");
    Ok(())
}

/// Whether Discord knows exactly these, in what people see of them and who is offered them.
fn same(known: &[Command], wanted: &[CreateCommand]) -> bool {
    let known: Option<Vec<_>> = known.iter().map(|command| serde_json::to_value(command).ok()).collect();
    let wanted: Option<Vec<_>> = wanted.iter().map(|command| serde_json::to_value(command).ok()).collect();
    let (Some(known), Some(wanted)) = (known, wanted) else { return false };
    let [mut known, mut wanted] = [known, wanted].map(|commands| commands.iter().map(seen).collect::<Vec<_>>());
    known.sort();
    wanted.sort();
    known == wanted
}

/// What counts of a command, or of an option of it, as one text.
fn seen(definition: &serde_json::Value) -> String {
    const FIELDS: [&str; 9] = [
        "name",
        "type",
        "description",
        "required",
        "min_value",
        "max_value",
        "min_length",
        "max_length",
        "default_member_permissions",
    ];
    let field = |name: &&str| match definition.get(name) {
        // Defaults, which Discord may leave out.
        None | Some(serde_json::Value::Null | serde_json::Value::Bool(false)) => String::new(),
        Some(serde_json::Value::String(text)) if text.is_empty() => String::new(),
        Some(serde_json::Value::Number(number)) => number.as_f64().unwrap_or_default().to_string(),
        Some(value) => value.to_string(),
    };
    // A command's own type is left out where it is the usual one.
    let fields: Vec<String> =
        FIELDS.iter().map(field).map(|text| if text == "1" { String::new() } else { text }).collect();
    let listed = |name| definition.get(name).and_then(|list| list.as_array()).into_iter().flatten();
    let choices: Vec<String> = listed("choices").filter_map(|choice| Some(choice.get("value")?.to_string())).collect();
    let options: Vec<String> = listed("options").map(seen).collect();
    format!("{fields:?}{choices:?}{options:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_knows_is_compared_with_what_it_should() {
        let known = |command: &CreateCommand| -> Command {
            let mut value = serde_json::to_value(command).unwrap();
            let fields = serde_json::json!({"id": "1", "application_id": "2", "version": "3"});
            let command = value.as_object_mut().unwrap();
            command.extend(fields.as_object().unwrap().clone());
            command.entry("type").or_insert(1.into());
            command.entry("description").or_insert("".into());
            serde_json::from_value(value).unwrap()
        };
        let wanted = all();
        let all_known: Vec<Command> = wanted.iter().rev().map(known).collect();
        assert!(same(&all_known, &wanted));
        assert!(!same(&all_known[1..], &wanted));
        let mut deeper: Vec<serde_json::Value> =
            wanted.iter().map(|command| serde_json::to_value(known(command)).unwrap()).collect();
        let limit =
            deeper.iter_mut().find_map(|command| command.pointer_mut("/options/0/options/5/options/0/max_value"));
        *limit.expect("a limit of a limit") = 7.into();
        let deeper: Vec<Command> = deeper.into_iter().map(|value| serde_json::from_value(value).unwrap()).collect();
        assert!(!same(&deeper, &wanted), "what is inside of subcommands counts");
        let renamed: Vec<Command> = wanted.iter().map(|command| known(&command.clone().description("else"))).collect();
        assert!(!same(&renamed, &wanted));
    }

    #[test]
    fn the_invitation_asks_for_what_the_bot_needs() {
        assert_eq!(
            invite(ApplicationId::new(5)),
            "https://discord.com/oauth2/authorize?client_id=5&scope=bot+applications.commands&permissions=309237713920"
        );
    }
}
