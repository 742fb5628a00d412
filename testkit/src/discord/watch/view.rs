//! A channel as people see it, in text: messages with their edits, files, embeds and buttons, and the threads started
//! from them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serenity::all::{ChannelId, GuildId, MessageId};

use super::{parts, words};
use crate::discord::state::State;
use crate::discord::world::{Channel, Message, Place, World};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The channel as people see it, and the deleted messages.
    Screen,
    /// Ids, earlier texts and the addresses of links as well.
    Everything,
}

/// Draws a channel, oldest message first.
pub(crate) fn view(state: &State, id: ChannelId, detail: Detail) -> String {
    let Some(channel) = state.world.channel(id) else { return format!("── channel {id} is gone\n") };
    let mut out = format!("── {}\n", place(&state.world, channel));
    for line in lines(state, channel, detail, None) {
        let _ = writeln!(out, "{}", format!("  {line}").trim_end());
    }
    out
}

/// Draws what a channel's people see of it from a message on.
pub(crate) fn view_from(state: &State, id: ChannelId, first: MessageId) -> String {
    let Some(channel) = state.world.channel(id) else { return String::new() };
    lines(state, channel, Detail::Screen, Some(first)).into_iter().map(|line| line + "\n").collect()
}

/// Whether a thread is shown under the message it was started from.
pub(crate) fn is_shown_elsewhere(state: &State, channel: &Channel) -> bool {
    let starter = MessageId::new(channel.id.get());
    channel.is_thread() && channel.parent.is_some_and(|parent| state.world.message(parent, starter).is_some())
}

fn place(world: &World, channel: &Channel) -> String {
    let guild = match channel.place {
        Place::Guild(guild) => &world.guild(guild).name,
        Place::Direct(user) => return format!("DM with {}", world.display_name(user, None)),
    };
    let Some(thread) = &channel.thread else { return format!("{guild} › #{}", channel.name) };
    let parent = channel.parent.and_then(|parent| world.channel(parent));
    let parent = parent.map_or("a channel that is gone", |parent| parent.name.as_str());
    let archived = if thread.archived { " (archived)" } else { "" };
    format!("{guild} › #{parent} › {}{archived}", channel.name)
}

fn lines(state: &State, channel: &Channel, detail: Detail, first: Option<MessageId>) -> Vec<String> {
    let here = |kept: &BTreeMap<ChannelId, BTreeMap<MessageId, Message>>, gone: bool| {
        let messages = kept.get(&channel.id).into_iter().flatten();
        let messages = messages.filter(|(id, _)| first.is_none_or(|first| **id >= first));
        messages.map(|(id, message)| (*id, message.clone(), gone)).collect::<Vec<_>>()
    };
    let mut all = here(&state.world.messages, false);
    all.extend(here(&state.world.deleted, true));
    all.sort_by_key(|(id, ..)| *id);
    let drawn =
        all.iter().flat_map(
            |(_, message, gone)| {
                if *gone { vec![deleted(state, message, detail)] } else { draw(state, message, detail) }
            },
        );
    drawn.collect()
}

fn deleted(state: &State, message: &Message, detail: Detail) -> String {
    let guild = home(state, message);
    format!("(deleted) {}: {}", author(state, message), first_line(&text(state, message, guild, detail)))
}

fn home(state: &State, message: &Message) -> Option<GuildId> {
    state.world.channel(message.channel).and_then(|channel| channel.guild())
}

fn author(state: &State, message: &Message) -> String {
    let name = state.world.display_name(message.author, home(state, message));
    if state.world.account(message.author).bot { format!("{name} [BOT]") } else { name }
}

/// Its text, with names for ids.
fn text(state: &State, message: &Message, guild: Option<GuildId>, detail: Detail) -> String {
    if message.is_loading() {
        return "is thinking…".to_owned();
    }
    let text = parts::with_names(&state.world, guild, &message.content);
    if detail == Detail::Screen { words::shown(&text) } else { text }
}

fn draw(state: &State, message: &Message, detail: Detail) -> Vec<String> {
    let (world, guild) = (&state.world, home(state, message));
    let name = |user| world.display_name(user, guild);
    let mut lines = Vec::new();
    if let Some(original) = message.reply_to {
        let quoted = match world.message(message.channel, original) {
            Some(original) => {
                format!("{}: {}", name(original.author), first_line(&text(state, original, guild, detail)))
            }
            None => "Original message was deleted".to_owned(),
        };
        lines.push(format!("┌ {quoted}"));
    }
    let interaction = message.interaction.and_then(|interaction| state.interactions.get(&interaction));
    if let Some(interaction) = interaction.filter(|interaction| interaction.kind == 2) {
        let is_menu =
            |command: &crate::discord::ops::commands::Command| command.name == interaction.name && command.kind != 1;
        let slash = if state.commands.values().flatten().any(is_menu) { "" } else { "/" };
        lines.push(format!("┌ {} used {slash}{}", name(interaction.user), interaction.name));
    }
    let mut words = text(state, message, guild, detail);
    if message.is_edited() {
        words.push_str(" (edited)");
    }
    if let Some(only) = message.ephemeral_for {
        let _ = write!(words, "{}(only {} can see this)", if words.is_empty() { "" } else { "\n" }, name(only));
    }
    let id = if detail == Detail::Everything { format!("  #{}", message.id) } else { String::new() };
    let mut words = words.lines();
    let said = format!("{}: {}{id}", author(state, message), words.next().unwrap_or_default());
    lines.push(said.trim_end().to_owned());
    let mut below: Vec<String> = words.map(str::to_owned).collect();
    if detail == Detail::Everything {
        below.extend(message.history.iter().map(|earlier| format!("(was: {})", first_line(earlier))));
    }
    below.extend(parts::embeds(message));
    let file = |file: &crate::discord::Attachment| format!("[file] {} ({} bytes)", file.filename, file.bytes.len());
    below.extend(message.attachments.iter().map(file));
    below.extend(parts::components(&message.components));
    below.extend(parts::reactions(message));
    if let Some(thread) = message.thread.and_then(|thread| world.channel(thread)) {
        let archived = thread.thread.as_ref().is_some_and(|thread| thread.archived);
        below.push(format!("└ thread: {}{}", thread.name, if archived { " (archived)" } else { "" }));
        below.extend(self::lines(state, thread, detail, None).into_iter().map(|line| format!("    {line}")));
    }
    lines.extend(below.into_iter().map(|line| format!("  {line}").trim_end().to_owned()));
    lines
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
