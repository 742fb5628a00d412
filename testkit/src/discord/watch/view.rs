//! A channel as a person would see it, in text.

use std::fmt::Write as _;

use serde_json::Value;
use serenity::all::ChannelId;

use crate::discord::state::State;
use crate::discord::world::{Message, Place};

/// Draws a channel, oldest message first.
pub(crate) fn view(state: &State, id: ChannelId) -> String {
    let world = &state.world;
    let Some(channel) = world.channel(id) else { return format!("── channel {id} is gone\n") };
    let place = match channel.place {
        Place::Guild(guild) => format!("{} › #{}", world.guild(guild).name, channel.name),
        Place::Direct(user) => format!("DM with {}", world.display_name(user, None)),
    };
    let mut out = format!("── {place}\n");
    for message in world.messages.get(&id).into_iter().flat_map(|messages| messages.values()) {
        draw(state, message, &mut out);
    }
    out
}

fn draw(state: &State, message: &Message, out: &mut String) {
    let world = &state.world;
    let guild = world.channel(message.channel).and_then(|channel| channel.guild());
    let name = |user| world.display_name(user, guild);
    if let Some(original) = message.reply_to {
        let quoted = match world.message(message.channel, original) {
            Some(original) => format!("{}: {}", name(original.author), first_line(&original.content)),
            None => "a deleted message".to_owned(),
        };
        let _ = writeln!(out, "  ┌ {quoted}");
    }
    let interaction = message.interaction.and_then(|interaction| state.interactions.get(&interaction));
    if let Some(interaction) = interaction.filter(|interaction| interaction.kind == 2) {
        let _ = writeln!(out, "  ┌ {} used /{}", name(interaction.user), interaction.name);
    }
    let bot = if world.account(message.author).bot { " [BOT]" } else { "" };
    let content = if message.is_loading() { "is thinking…" } else { &message.content };
    let edited = if message.is_edited() { " (edited)" } else { "" };
    let indented = content.replace('\n', "\n      ");
    let _ = writeln!(out, "  {}{bot}: {indented}{edited}", name(message.author));
    for embed in &message.embeds {
        draw_embed(embed, out);
    }
    for file in &message.attachments {
        let _ = writeln!(out, "      [file] {} ({} bytes)", file.filename, file.bytes.len());
    }
    for component in message.components_flat() {
        draw_component(component, out);
    }
    let reactions = message.reactions.iter().filter(|(_, users)| !users.is_empty());
    let reactions: Vec<String> = reactions.map(|(emoji, users)| format!("{emoji} {}", users.len())).collect();
    if !reactions.is_empty() {
        let _ = writeln!(out, "      {}", reactions.join("  "));
    }
    if let Some(only) = message.ephemeral_for {
        let _ = writeln!(out, "      (only {} can see this)", name(only));
    }
    if let Some(thread) = message.thread.and_then(|thread| world.channel(thread)) {
        let _ = writeln!(out, "      └ thread: {}", thread.name);
    }
}

fn draw_embed(embed: &Value, out: &mut String) {
    let text = |pointer: &str| embed.pointer(pointer).and_then(Value::as_str);
    for (pointer, mark) in [("/author/name", ""), ("/title", "# "), ("/description", "")] {
        for line in text(pointer).into_iter().flat_map(str::lines) {
            let _ = writeln!(out, "      ┃ {mark}{line}");
        }
    }
    for field in embed.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let _ = writeln!(out, "      ┃ {}: {}", part("name"), part("value"));
    }
    if let Some(footer) = text("/footer/text") {
        let _ = writeln!(out, "      ┃ — {footer}");
    }
}

fn draw_component(component: &Value, out: &mut String) {
    let text = |name: &str| component.get(name).and_then(Value::as_str);
    let disabled = component.get("disabled").and_then(Value::as_bool).unwrap_or_default();
    match component.get("type").and_then(Value::as_u64) {
        Some(2) => {
            let label = text("label").or(component.pointer("/emoji/name").and_then(Value::as_str)).unwrap_or_default();
            let target = text("url").map(|url| format!(" → {url}")).unwrap_or_default();
            let state = if disabled { " (disabled)" } else { "" };
            let _ = writeln!(out, "      [ {label} ]{target}{state}");
        }
        Some(3 | 5 | 6 | 7 | 8) => {
            let _ = writeln!(out, "      [ {} ▾ ]", text("placeholder").unwrap_or("choose"));
        }
        Some(10) => {
            let _ = writeln!(out, "      {}", text("content").unwrap_or_default().replace('\n', "\n      "));
        }
        _ => {}
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}
