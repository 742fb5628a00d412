//! Registered application commands, and the check of an actor's options against them.

use serde_json::{Value, json};
use serenity::all::{CommandId, GuildId, Permissions};

use crate::discord::rest::reply::DiscordError;
use crate::discord::state::State;
use crate::discord::world::render::{made_at, merge};

/// A registered command.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) id: CommandId,
    pub(crate) name: String,
    /// 1 slash, 2 on a user, 3 on a message.
    pub(crate) kind: u64,
    pub(crate) given: Value,
    pub(crate) guild: Option<GuildId>,
}

impl Command {
    /// The command as the API shows it.
    pub(crate) fn json(&self, state: &State) -> Value {
        let mut value = json!({
            "id": self.id, "application_id": state.world.application, "version": self.id, "type": self.kind,
            "name": self.name, "name_localizations": null, "description": "", "description_localizations": null,
            "default_member_permissions": null, "dm_permission": true, "contexts": null,
            "integration_types": [0], "nsfw": false,
        });
        merge(&mut value, shown(&self.given));
        if let Some(guild) = self.guild {
            merge(&mut value, json!({"guild_id": guild}));
        }
        value
    }

    /// An actor's options in the form of an interaction, typed as the command declares them, under the words of the
    /// subcommand that `path` names.
    pub(crate) fn options(&self, path: &[&str], given: &[(&str, Value)]) -> Result<Vec<Value>, DiscordError> {
        leaf(&format!("/{}", self.name), &self.given, path, given)
    }

    /// Whether Discord's client shows it to somebody with these permissions, here.
    pub(crate) fn offered(&self, direct: bool, permissions: Permissions) -> bool {
        let contexts = self.given.get("contexts").and_then(Value::as_array).filter(|contexts| !contexts.is_empty());
        let here = json!(if direct { 1 } else { 0 });
        let needed = self.given.get("default_member_permissions").and_then(Value::as_str);
        let needed =
            needed.and_then(|bits| bits.parse().ok()).map_or(Permissions::empty(), Permissions::from_bits_retain);
        contexts.is_none_or(|contexts| contexts.contains(&here)) && (direct || permissions.contains(needed))
    }
}

/// The options of a command, or of the subcommand below it that the path leads to.
fn leaf(called: &str, declared: &Value, path: &[&str], given: &[(&str, Value)]) -> Result<Vec<Value>, DiscordError> {
    let declared = declared.get("options").and_then(Value::as_array).cloned().unwrap_or_default();
    let named = |name: &str| declared.iter().find(move |option| option.get("name") == Some(&json!(name)));
    if let [word, rest @ ..] = path {
        let called = format!("{called} {word}");
        let below =
            named(word).filter(|option| is_subcommand(option)).ok_or_else(|| refused(&format!("no {called}")))?;
        let options = leaf(&called, below, rest, given)?;
        return Ok(vec![json!({"name": word, "type": below.get("type"), "options": options})]);
    }
    if declared.iter().any(is_subcommand) {
        return Err(refused(&format!("{called} needs one of its subcommands")));
    }
    for option in &declared {
        let name = option.get("name").and_then(Value::as_str).unwrap_or_default();
        let required = option.get("required").and_then(Value::as_bool).unwrap_or_default();
        if required && !given.iter().any(|(given, _)| *given == name) {
            return Err(refused(&format!("{called} needs the option {name:?}")));
        }
    }
    let typed = given.iter().map(|(name, value)| {
        let option = named(name).ok_or_else(|| refused(&format!("{called} has no option {name:?}")))?;
        check(option, value)?;
        Ok(json!({"name": name, "type": option.get("type"), "value": value}))
    });
    typed.collect()
}

fn is_subcommand(option: &Value) -> bool {
    matches!(option.get("type").and_then(Value::as_u64), Some(1 | 2))
}

/// The characters Discord counts: names, descriptions and values of choices.
fn characters(definition: &Value) -> usize {
    let own = ["name", "description", "value"].iter().filter_map(|field| definition.get(field)?.as_str());
    let below = ["options", "choices"].iter().filter_map(|field| definition.get(field)?.as_array()).flatten();
    own.map(|text| text.chars().count()).sum::<usize>() + below.map(characters).sum::<usize>()
}

/// A definition as it comes back: without the fields that were given as nothing.
fn shown(given: &Value) -> Value {
    let nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match given {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !nothing(value))
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(shown).collect(),
        other => other.clone(),
    }
}

/// Restrictions of Discord's own client.
pub(crate) fn refused(why: &str) -> DiscordError {
    DiscordError::new(400, 0, &format!("Discord's client refuses: {why}"))
}

fn check(option: &Value, value: &Value) -> Result<(), DiscordError> {
    let name = option.get("name").and_then(Value::as_str).unwrap_or_default();
    let fits = match option.get("type").and_then(Value::as_u64) {
        Some(4) => value.is_i64(),
        Some(5) => value.is_boolean(),
        Some(10) => value.is_number(),
        _ => value.is_string(),
    };
    if !fits {
        return Err(refused(&format!("{value} does not fit the option {name:?}")));
    }
    let beyond = |bound: &str, past: fn(f64, f64) -> bool| {
        let bound = option.get(bound).and_then(Value::as_f64);
        value.as_f64().zip(bound).is_some_and(|(value, bound)| past(value, bound))
    };
    if beyond("min_value", |value, least| value < least) || beyond("max_value", |value, most| value > most) {
        return Err(refused(&format!("{value} is out of the bounds of {name:?}")));
    }
    let length = value.as_str().map_or(0, |text| text.chars().count());
    let most = option.get("max_length").and_then(Value::as_u64).unwrap_or(6000);
    let least = option.get("min_length").and_then(Value::as_u64).unwrap_or(0);
    if value.is_string() && !(least..=most).contains(&(length as u64)) {
        return Err(refused(&format!("{name:?} must have {least} to {most} characters")));
    }
    let choices = option.get("choices").and_then(Value::as_array).filter(|choices| !choices.is_empty());
    if choices.is_some_and(|choices| !choices.iter().any(|choice| choice.get("value") == Some(value))) {
        return Err(refused(&format!("{value} is none of the choices of {name:?}")));
    }
    Ok(())
}

/// Replaces every command of a scope.
pub(crate) fn overwrite(state: &mut State, guild: Option<GuildId>, given: &[Value]) -> Result<Value, DiscordError> {
    let old = state.commands.remove(&guild).unwrap_or_default();
    let mut new: Vec<Command> = Vec::new();
    for command in given {
        let made = make(state, guild, command, &old)?;
        if new.iter().any(|known| known.name == made.name && known.kind == made.kind) {
            let message = "Application command names must be unique";
            return Err(DiscordError::form("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", message));
        }
        new.push(made);
    }
    let shown = new.iter().map(|command| command.json(state)).collect();
    state.commands.insert(guild, new);
    Ok(Value::Array(shown))
}

/// Adds one command, in place of its namesake.
pub(crate) fn upsert(state: &mut State, guild: Option<GuildId>, given: &Value) -> Result<(bool, Value), DiscordError> {
    let mut commands = state.commands.remove(&guild).unwrap_or_default();
    let made = make(state, guild, given, &commands)?;
    let before = commands.len();
    commands.retain(|command| command.name != made.name || command.kind != made.kind);
    let replaced = commands.len() < before;
    let shown = made.json(state);
    commands.push(made);
    state.commands.insert(guild, commands);
    Ok((replaced, shown))
}

fn make(state: &mut State, guild: Option<GuildId>, given: &Value, old: &[Command]) -> Result<Command, DiscordError> {
    let name = given.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = given.get("type").and_then(Value::as_u64).unwrap_or(1);
    let slash = kind == 1;
    let well_named = !slash
        || (!name.is_empty()
            && name.chars().all(|c| (c.is_alphanumeric() || c == '-' || c == '_') && !c.is_uppercase()));
    if !well_named || name.is_empty() || name.chars().count() > 32 {
        let message = "Command name is invalid";
        return Err(DiscordError::form("name", "APPLICATION_COMMAND_INVALID_NAME", message));
    }
    let described = given.get("description").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if slash && !described {
        return Err(DiscordError::form("description", "BASE_TYPE_REQUIRED", "This field is required"));
    }
    if given.get("options").and_then(Value::as_array).is_some_and(|options| options.len() > 25) {
        return Err(DiscordError::form("options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."));
    }
    if characters(given) > 8000 {
        let message = "Command exceeds maximum size (8000)";
        return Err(DiscordError::form("name", "APPLICATION_COMMAND_TOO_LARGE", message));
    }
    let known = old.iter().find(|command| command.name == name && command.kind == kind).map(|command| command.id);
    let id = known.unwrap_or_else(|| CommandId::new(state.world.clock.id()));
    Ok(Command { id, name, kind, given: given.clone(), guild })
}

/// The command a user of this guild gets by this name.
pub(crate) fn find(state: &State, guild: Option<GuildId>, name: &str, kind: u64) -> Option<Command> {
    let scopes = [guild, None];
    let commands = scopes.iter().filter_map(|scope| state.commands.get(scope)).flatten();
    let mut named = commands.filter(|command| command.name == name && command.kind == kind);
    named.next().cloned()
}

/// When a command was registered, for a dump.
pub(crate) fn describe(command: &Command) -> String {
    format!("{} ({})", command.name, made_at(command.id.get()))
}
