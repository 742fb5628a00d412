//! Replaces Discord's markup in angle brackets by plain words. A mention notifies people, commands and channels are
//! clickable, and timestamps display arbitrary dates; none of that belongs in a prompt or an answer.

use jiff::Timestamp;
use rtfm_shared::event::ChatMessage;
use std::collections::HashMap;

/// The byte limit of markup between the brackets.
const MAX_MARKUP: usize = 120;

/// The names of people and channels by id.
#[derive(Clone, Debug, Default)]
pub struct DisplayNames {
    people: HashMap<String, String>,
    channels: HashMap<String, String>,
}

impl DisplayNames {
    /// The names of the authors and channels of these messages. Only they are known, so no channel outside the scope
    /// shows its name.
    pub fn of<'a>(messages: impl Iterator<Item = &'a ChatMessage>) -> Self {
        let mut names = Self::default();
        for message in messages {
            names.people.insert(message.user_id.0.clone(), super::display_name(&message.username));
            if let Some(channel) = &message.metadata.channel_name {
                names.channels.insert(message.channel_id.0.clone(), super::display_name(channel));
            }
        }
        names
    }
}

/// Replaces mentions, commands, custom emoji and timestamps by words.
pub(super) fn plain(text: &str, names: &DisplayNames) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let inside = after.split_once('>').filter(|(inside, _)| inside.len() <= MAX_MARKUP);
        match inside.and_then(|(inside, tail)| Some((words(inside, names)?, tail))) {
            Some((words, tail)) => {
                out.push_str(&words);
                rest = tail;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The words for the markup between the brackets; `None` if it is no markup.
fn words(inside: &str, names: &DisplayNames) -> Option<String> {
    let is_id = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(id) = inside.strip_prefix("@&") {
        return is_id(id).then(|| "@role".to_owned());
    }
    if let Some(id) = inside.strip_prefix('@') {
        let id = id.strip_prefix('!').unwrap_or(id);
        let name = names.people.get(id).map_or("someone", String::as_str);
        return is_id(id).then(|| format!("@{name}"));
    }
    if let Some(id) = inside.strip_prefix('#') {
        let name = names.channels.get(id).map_or("channel", String::as_str);
        return is_id(id).then(|| format!("#{name}"));
    }
    if let Some(page) = inside.strip_prefix("id:") {
        return page.chars().all(char::is_alphabetic).then(|| format!("({page})"));
    }
    if let Some((name, id)) = inside.strip_prefix('/').and_then(|command| command.rsplit_once(':')) {
        return is_id(id).then(|| format!("/{name}"));
    }
    if let Some(instant) = inside.strip_prefix("t:") {
        return time(instant);
    }
    let emoji = inside.strip_prefix("a:").or_else(|| inside.strip_prefix(':'))?;
    let (name, id) = emoji.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && is_id(id)).then(|| format!(":{name}:"))
}

/// `1793620800:R` as a date in UTC.
fn time(instant: &str) -> Option<String> {
    let seconds = instant.split(':').next().unwrap_or_default();
    let seconds: i64 = seconds.parse().ok()?;
    let time = Timestamp::from_second(seconds).ok();
    Some(time.map_or_else(|| "(a time)".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> DisplayNames {
        let mut message = ChatMessage { user_id: "7".into(), channel_id: "5".into(), ..ChatMessage::default() };
        message.username = "ana <@9>".to_owned();
        message.metadata.channel_name = Some("general".to_owned());
        DisplayNames::of([&message].into_iter())
    }

    #[test]
    fn mentions_become_words() {
        for (text, expected) in [
            ("<@7> <@!7> <@8> <@&1>", "@ana @9 @ana @9 @someone @role"),
            ("see <#5> or <#6>", "see #general or #channel"),
            ("</ask now:123> <id:guide> <:wave:12> <a:wave:12>", "/ask now (guide) :wave: :wave:"),
            ("<t:1793620800:R> <t:99999999999999999>", "2026-11-02 12:00 UTC (a time)"),
            ("`<@8>`", "`@someone`"),
            ("a < b > c, Vec<T>, <@USER>, <https://a.b>, <", "a < b > c, Vec<T>, <@USER>, <https://a.b>, <"),
            ("<<@8>>", "<@someone>"),
        ] {
            assert_eq!(plain(text, &names()), expected);
        }
    }
}
