//! Interactions that users start: slash commands, context-menu commands, and clicks.

use std::time::Instant;

use serde_json::{Value, json};
use serenity::all::{ChannelId, GatewayIntents, InteractionId, MessageId, Permissions, UserId};
use uuid::Uuid;

use super::commands::{self, refused};
use super::interactions::Interaction;
use super::messages::allow;
use crate::discord::rest::reply::DiscordError;
use crate::discord::state::State;
use crate::discord::world::render::merge;
use crate::discord::world::render_message::Reading;

type Invoked = Result<InteractionId, DiscordError>;

/// A slash command, with the words of its subcommand after a space each.
pub(crate) fn slash(
    state: &mut State,
    user: UserId,
    channel: ChannelId,
    name: &str,
    options: &[(&str, Value)],
) -> Invoked {
    let mut words = name.split(' ');
    let (command, mut data) = command(state, user, channel, words.next().unwrap_or_default(), 1)?;
    let given = command.options(&words.collect::<Vec<_>>(), options)?;
    merge(&mut data, json!({"resolved": resolved(state, user, channel, &given), "options": given}));
    start(state, user, channel, 2, name, None, data)
}

/// The objects that an actor's options name, as Discord sends them along.
fn resolved(state: &State, user: UserId, channel: ChannelId, options: &[Value]) -> Value {
    let (mut users, mut members, mut channels) = (json!({}), json!({}), json!({}));
    resolve(state, user, channel, options, [&mut users, &mut members, &mut channels]);
    json!({"users": users, "members": members, "channels": channels})
}

fn resolve(state: &State, user: UserId, channel: ChannelId, options: &[Value], into: [&mut Value; 3]) {
    let world = &state.world;
    let guild = world.channel(channel).and_then(|channel| channel.guild());
    let [users, members, channels] = into;
    for option in options {
        // A subcommand has options of its own.
        if let Some(inner) = option.get("options").and_then(Value::as_array) {
            resolve(state, user, channel, inner, [&mut *users, &mut *members, &mut *channels]);
            continue;
        }
        let id =
            option.get("value").and_then(Value::as_str).and_then(|id| id.parse::<u64>().ok()).filter(|id| *id != 0);
        let Some(id) = id else { continue };
        match option.get("type").and_then(Value::as_u64) {
            Some(6) if world.users.contains_key(&UserId::new(id)) => {
                merge(users, json!({id.to_string(): world.user_json(UserId::new(id))}));
                let member = guild.and_then(|guild| world.guild(guild).members.get(&UserId::new(id)));
                if let Some(member) = member {
                    merge(members, json!({id.to_string(): world.partial_member_json(member)}));
                }
            }
            Some(7) => {
                if let Some(named) = world.channel(ChannelId::new(id)) {
                    let mut value = world.channel_json(named);
                    merge(&mut value, json!({"permissions": world.permissions(user, named.id)}));
                    merge(channels, json!({id.to_string(): value}));
                }
            }
            _ => {}
        }
    }
}

/// A command from a message's context menu. Its content comes along, whatever the intents.
pub(crate) fn on_message(
    state: &mut State,
    user: UserId,
    channel: ChannelId,
    name: &str,
    target: MessageId,
) -> Invoked {
    let (_, mut data) = command(state, user, channel, name, 3)?;
    let message = state.world.message(channel, target).ok_or_else(DiscordError::unknown_message)?;
    let message = state.world.message_json(message, Reading::Full);
    merge(&mut data, json!({"target_id": target, "resolved": {"messages": {target.to_string(): message}}}));
    start(state, user, channel, 2, name, None, data)
}

/// A command from a user's context menu.
pub(crate) fn on_user(state: &mut State, user: UserId, channel: ChannelId, name: &str, target: UserId) -> Invoked {
    let (_, mut data) = command(state, user, channel, name, 2)?;
    let key = target.to_string();
    let mut resolved = json!({"users": {key.clone(): state.world.user_json(target)}});
    let guild = state.world.channel(channel).and_then(|channel| channel.guild());
    let member = guild.and_then(|guild| state.world.guild(guild).members.get(&target));
    if let Some(member) = member {
        merge(&mut resolved, json!({"members": {key: state.world.partial_member_json(member)}}));
    }
    merge(&mut data, json!({"target_id": target, "resolved": resolved}));
    start(state, user, channel, 2, name, None, data)
}

/// A click on a button, or a choice from a menu.
pub(crate) fn component(
    state: &mut State,
    user: UserId,
    channel: ChannelId,
    message: MessageId,
    custom_id: &str,
    values: Option<&[&str]>,
) -> Invoked {
    allow(state, user, channel, Permissions::VIEW_CHANNEL)?;
    let target = state.world.message(channel, message).ok_or_else(DiscordError::unknown_message)?;
    if target.ephemeral_for.is_some_and(|only| only != user) {
        return Err(DiscordError::unknown_message());
    }
    let component = target.components_flat().into_iter().find(|part| part.get("custom_id") == Some(&json!(custom_id)));
    let component = component.ok_or_else(|| refused(&format!("the message has no component {custom_id:?}")))?;
    if component.get("disabled").and_then(Value::as_bool).unwrap_or_default() {
        return Err(refused(&format!("the component {custom_id:?} is disabled")));
    }
    let mut data = json!({"custom_id": custom_id, "component_type": component.get("type"), "id": 1});
    if let Some(values) = values {
        merge(&mut data, json!({"values": values}));
    }
    start(state, user, channel, 3, custom_id, Some(message), data)
}

fn command(
    state: &State,
    user: UserId,
    channel: ChannelId,
    name: &str,
    kind: u64,
) -> Result<(commands::Command, Value), DiscordError> {
    allow(state, user, channel, Permissions::USE_APPLICATION_COMMANDS)?;
    let guild = state.world.channel(channel).and_then(|channel| channel.guild());
    let Some(command) = commands::find(state, guild, name, kind) else {
        let known: Vec<String> = state.commands.values().flatten().map(commands::describe).collect();
        return Err(refused(&format!("no command {name:?} is registered; there are {known:?}")));
    };
    if !command.offered(guild.is_none(), state.world.permissions(user, channel)) {
        return Err(refused(&format!("/{name} is not offered to this user here")));
    }
    let mut data = json!({"id": command.id, "name": command.name, "type": kind});
    if command.guild.is_some() {
        merge(&mut data, json!({"guild_id": command.guild}));
    }
    Ok((command, data))
}

fn start(
    state: &mut State,
    user: UserId,
    channel: ChannelId,
    kind: u64,
    name: &str,
    source: Option<MessageId>,
    data: Value,
) -> Invoked {
    let id = InteractionId::new(state.world.clock.id());
    let token = format!("aW50ZXJhY3Rpb246{}", Uuid::new_v4().simple());
    let guild = state.world.channel(channel).and_then(|channel| channel.guild());
    let interaction = Interaction {
        id,
        token: token.clone(),
        user,
        guild,
        channel,
        kind,
        name: name.to_owned(),
        source,
        born: Instant::now(),
        born_advanced: state.world.clock.advanced(),
        acknowledged: None,
        acknowledged_after: None,
        original: source,
        followups: Vec::new(),
    };
    let event = event(state, &interaction, data);
    state.interactions.insert(id, interaction);
    // Interactions need no intent.
    state.emit("INTERACTION_CREATE", guild, GatewayIntents::empty(), &event);
    Ok(id)
}

fn event(state: &State, interaction: &Interaction, data: Value) -> Value {
    let world = &state.world;
    let (user, channel) = (interaction.user, interaction.channel);
    let mut place = world.channel(channel).map(|channel| world.channel_json(channel)).unwrap_or_default();
    merge(&mut place, json!({"permissions": world.permissions(user, channel)}));
    let owner = interaction.guild.map_or_else(|| "0".to_owned(), |guild| guild.to_string());
    let mut event = json!({
        "id": interaction.id, "application_id": world.application, "type": interaction.kind, "data": data,
        "channel": place, "channel_id": channel, "token": interaction.token, "version": 1,
        "app_permissions": world.permissions(world.bot, channel), "locale": "en-US", "entitlements": [],
        "authorizing_integration_owners": {"0": owner}, "attachment_size_limit": 10_485_760,
        "context": if interaction.guild.is_some() { 0 } else { 1 },
    });
    match interaction.guild.and_then(|guild| world.guilds.get(&guild)) {
        Some(guild) => {
            let mut member = guild.members.get(&user).map(|member| world.member_json(member)).unwrap_or_default();
            merge(&mut member, json!({"permissions": world.permissions(user, channel)}));
            let partial = json!({"id": guild.id, "locale": "en-US", "features": []});
            merge(
                &mut event,
                json!({"guild_id": guild.id, "guild": partial, "guild_locale": "en-US", "member": member}),
            );
        }
        None => merge(&mut event, json!({"user": world.user_json(user)})),
    }
    if let Some(message) = interaction.source.and_then(|source| world.message(channel, source)) {
        merge(&mut event, json!({"message": world.message_json(message, Reading::Full)}));
    }
    event
}
