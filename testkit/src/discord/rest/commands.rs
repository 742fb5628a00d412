//! `/applications/{application}[/guilds/{guild}]/commands`.

use serde_json::{Value, json};
use serenity::all::{CommandId, GuildId};

use super::reply::{DiscordError, Reply};
use super::request::RestCall;
use super::{Outcome, id};
use crate::discord::gateway::handshake::application_flags;
use crate::discord::ops::commands;
use crate::discord::state::State;

/// Routes under `/applications`.
pub(crate) fn route(state: &mut State, call: &RestCall, path: &[&str]) -> Option<Outcome> {
    let (application, rest) = path.split_first()?;
    if *application != state.world.application.to_string() && *application != "@me" {
        return Some(Err(DiscordError::new(
            403,
            20012,
            "You are not authorized to perform this action on this application",
        )));
    }
    match rest {
        [] if call.method == "GET" => Some(Ok(Reply::ok(&own(state)))),
        ["commands", rest @ ..] => scoped(state, call, None, rest),
        ["guilds", guild, "commands", rest @ ..] => {
            let guild: GuildId = match id(guild, DiscordError::unknown_guild()) {
                Ok(guild) if state.world.bot_in(guild) => guild,
                _ => return Some(Err(DiscordError::missing_access())),
            };
            scoped(state, call, Some(guild), rest)
        }
        _ => None,
    }
}

/// The fields of the application that a bot reads.
fn own(state: &State) -> Value {
    let bot = state.world.current_user_json();
    json!({
        "id": state.world.application, "name": bot["username"], "icon": null, "description": "", "type": null,
        "verify_key": "00", "flags": application_flags(state),
        "flags_new": application_flags(state).to_string(), "eligible_oauth2_scopes": [], "bot": bot, "bot_public": true,
        "bot_require_code_grant": false, "redirect_uris": [], "interactions_endpoint_url": null,
        "role_connections_verification_url": null, "owner": bot, "approximate_guild_count": 1,
        "approximate_user_install_count": 0, "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0, "team": null,
    })
}

fn scoped(state: &mut State, call: &RestCall, guild: Option<GuildId>, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method.as_str(), path) {
        ("GET", []) => {
            let known = state.commands.get(&guild).into_iter().flatten();
            Ok(Reply::ok(&known.map(|command| command.json(state)).collect()))
        }
        ("PUT", []) => {
            let given = call.json.as_array().cloned().unwrap_or_default();
            commands::overwrite(state, guild, &given).map(|shown| Reply::ok(&shown))
        }
        ("POST", []) => commands::upsert(state, guild, &call.json)
            .map(|(replaced, shown)| Reply::json(if replaced { 200 } else { 201 }, &shown)),
        ("GET", [command]) => one(state, guild, command).map(|shown| Reply::ok(&shown)),
        ("DELETE", [command]) => one(state, guild, command).map(|_| {
            let gone = command.parse::<CommandId>().ok();
            state.commands.entry(guild).or_default().retain(|known| Some(known.id) != gone);
            Reply::no_content()
        }),
        _ => return None,
    })
}

fn one(state: &State, guild: Option<GuildId>, command: &str) -> Result<Value, DiscordError> {
    let unknown = || DiscordError::new(404, 10063, "Unknown application command");
    let command: CommandId = id(command, unknown())?;
    let mut known = state.commands.get(&guild).into_iter().flatten();
    known.find(|known| known.id == command).map(|known| known.json(state)).ok_or_else(unknown)
}
