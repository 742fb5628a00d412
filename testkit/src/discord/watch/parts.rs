//! The parts of a message as lines of text: embeds, buttons and menus, reactions; and names for ids.

use serde_json::Value;
use serenity::all::{ChannelId, GuildId, RoleId, UserId};

use super::words;
use crate::discord::world::{Message, World, message::flags};

/// The text as people read it: `<@1>`, `<@&2>` and `<#3>` are names, `<t:4:R>` is a time.
pub(crate) fn with_names(world: &World, guild: Option<GuildId>, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        out.push_str(before);
        let named = tag.find('>').and_then(|end| Some((name(world, guild, tag.get(1..end)?)?, tag.get(end + 1..)?)));
        match named {
            Some((name, after)) => {
                out.push_str(&name);
                rest = after;
            }
            None => {
                out.push('<');
                rest = tag.get(1..).unwrap_or_default();
            }
        }
    }
    out + rest
}

fn name(world: &World, guild: Option<GuildId>, tag: &str) -> Option<String> {
    let id = |digits: &str| digits.parse::<std::num::NonZeroU64>().ok();
    if let Some(role) = tag.strip_prefix("@&") {
        let role = world.guilds.get(&guild?)?.roles.get(&RoleId::from(id(role)?))?;
        return Some(format!("@{}", role.name));
    }
    if let Some(time) = words::time(tag, world.clock.now_ms()) {
        return Some(time);
    }
    if let Some(user) = tag.strip_prefix("@!").or_else(|| tag.strip_prefix('@')) {
        return Some(format!("@{}", world.display_name(UserId::from(id(user)?), guild)));
    }
    let channel = world.channel(ChannelId::from(id(tag.strip_prefix('#')?)?))?;
    Some(format!("#{}", channel.name))
}

/// Its embeds, unless they are suppressed.
pub(crate) fn embeds(message: &Message) -> Vec<String> {
    let shown = message.embeds.iter().filter(|_| message.flags & flags::SUPPRESS_EMBEDS == 0);
    shown.flat_map(embed).map(|line| format!("┃ {line}")).collect()
}

fn embed(embed: &Value) -> Vec<String> {
    let text = |pointer: &str| embed.pointer(pointer).and_then(Value::as_str);
    let mut lines = Vec::new();
    lines.extend(text("/author/name").map(str::to_owned));
    if let Some(title) = text("/title") {
        let link = text("/url").map(|url| format!(" → {url}")).unwrap_or_default();
        lines.push(format!("# {title}{link}"));
    }
    lines.extend(text("/description").into_iter().flat_map(str::lines).map(str::to_owned));
    for field in embed.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
        lines.push(format!("{}: {}", part("name"), part("value")));
    }
    lines.extend(text("/image/url").map(|url| format!("[image] {url}")));
    lines.extend(text("/footer/text").map(|footer| format!("— {footer}")));
    lines
}

/// Components, a row of buttons on one line.
pub(crate) fn components(components: &[Value]) -> Vec<String> {
    components.iter().flat_map(component).collect()
}

fn component(component: &Value) -> Vec<String> {
    let text = |name: &str| component.get(name).and_then(Value::as_str);
    let inner = || component.get("components").and_then(Value::as_array).into_iter().flatten();
    match component.get("type").and_then(Value::as_u64) {
        Some(1) => vec![inner().flat_map(self::component).collect::<Vec<_>>().join(" ")],
        Some(2) => vec![button(component)],
        Some(3 | 5..=8) => vec![format!("[ {} ▾ ]", text("placeholder").unwrap_or("choose"))],
        Some(9) => inner().chain(component.get("accessory")).flat_map(self::component).collect(),
        Some(10) => text("content").unwrap_or_default().lines().map(str::to_owned).collect(),
        Some(11) => vec!["[image]".to_owned()],
        Some(12) => {
            let items = component.get("items").and_then(Value::as_array).map_or(0, Vec::len);
            vec![format!("[{items} images]")]
        }
        Some(13) => {
            let url = component.pointer("/file/url").and_then(Value::as_str).unwrap_or_default();
            vec![format!("[file] {}", url.trim_start_matches("attachment://"))]
        }
        Some(14) => vec!["────────".to_owned()],
        Some(17) => inner().flat_map(self::component).map(|line| format!("┃ {line}")).collect(),
        _ => Vec::new(),
    }
}

fn button(button: &Value) -> String {
    let text = |pointer: &str| button.pointer(pointer).and_then(Value::as_str);
    let label: Vec<&str> = text("/emoji/name").into_iter().chain(text("/label")).collect();
    let disabled = button.get("disabled").and_then(Value::as_bool).unwrap_or_default();
    let state = if disabled { " (disabled)" } else { "" };
    let target = text("/url").map(|url| format!(" → {url}")).unwrap_or_default();
    format!("[ {}{state} ]{target}", label.join(" "))
}

/// Its reactions on one line, if it has any.
pub(crate) fn reactions(message: &Message) -> Option<String> {
    let reactions = message.reactions.iter().filter(|(_, users)| !users.is_empty());
    let reactions: Vec<String> = reactions.map(|(emoji, users)| format!("{emoji} {}", users.len())).collect();
    (!reactions.is_empty()).then(|| reactions.join("  "))
}
