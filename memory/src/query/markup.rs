//! Discord markup in a question: mentions of people and channels, `#names`, and links to messages.

use rtfm_shared::{
    event::{ChannelId, GuildId, MessageId, UserId},
    text::code_spans,
};
use std::ops::Range;

/// A piece of markup in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Markup {
    pub(crate) what: MarkupKind,
    /// Its byte range in the question.
    pub(crate) range: Range<usize>,
}

/// The target of a piece of markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MarkupKind {
    /// A mention of a person: `<@1>` or `<@!1>`.
    User(UserId),
    /// A mention of a channel: `<#1>`.
    Channel(ChannelId),
    /// A channel's name as typed (`#rules`), without the `#`.
    ChannelName(String),
    MessageLink(MessageLink),
}

/// A message's address, as its link gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageLink {
    /// `None` in direct messages.
    pub(crate) guild_id: Option<GuildId>,
    pub(crate) channel_id: ChannelId,
    pub(crate) message_id: MessageId,
}

/// The hosts under which Discord serves message links.
const HOSTS: [&str; 6] = [
    "discord.com",
    "ptb.discord.com",
    "canary.discord.com",
    "discordapp.com",
    "ptb.discordapp.com",
    "canary.discordapp.com",
];

/// The markup of a text in order; code contains none.
pub(super) fn find_markup(text: &str) -> Vec<Markup> {
    let mut markup = Vec::new();
    let mut code = code_spans(text).into_iter().peekable();
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        while code.next_if(|code| code.range.start < at).is_some() {}
        let code = code.next_if(|code| code.range.start == at).map(|code| (None, code.range.len()));
        let found = code.or_else(|| {
            let found = link(rest).or_else(|| mention(rest));
            let found = found.or_else(|| channel_name(rest).filter(|_| !is_word(before)));
            found.map(|(what, length)| (Some(what), length))
        });
        let length = match found {
            Some((what, length)) => {
                markup.extend(what.map(|what| Markup { what, range: at..at + length }));
                length
            }
            None => rest.chars().next().map_or(1, char::len_utf8),
        };
        before = text.get(at..at + length).and_then(|taken| taken.chars().last()).unwrap_or(' ');
        at += length;
    }
    markup
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '&' | '/' | '#' | '<')
}

fn snowflake(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(id, _)| !id.is_empty() && id.len() <= 20)
}

fn mention(rest: &str) -> Option<(MarkupKind, usize)> {
    let (is_channel, inside) = match rest.strip_prefix("<#") {
        Some(inside) => (true, inside),
        None => (false, rest.strip_prefix("<@!").or_else(|| rest.strip_prefix("<@"))?),
    };
    let (id, tail) = snowflake(inside)?;
    let tail = tail.strip_prefix('>')?;
    let what = if is_channel { MarkupKind::Channel(id.into()) } else { MarkupKind::User(id.into()) };
    Some((what, rest.len() - tail.len()))
}

/// `#rules`: the name begins with a letter or an emoji. "#12" is a number and "# x" a heading.
fn channel_name(rest: &str) -> Option<(MarkupKind, usize)> {
    let name = rest.strip_prefix('#')?;
    let end = name.find(|c: char| {
        c.is_whitespace() || (c.is_ascii_punctuation() && !matches!(c, '-' | '_')) || is_punctuation(c)
    });
    let name = name.get(..end.unwrap_or(name.len()))?.trim_end_matches(['-', '_']);
    let named = name.chars().next().is_some_and(|first| !first.is_ascii_digit()) && name.chars().count() <= 100;
    named.then(|| (MarkupKind::ChannelName(name.to_owned()), name.len() + 1))
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '…' | '“' | '”' | '„' | '«' | '»' | '、' | '。' | '？' | '！' | '，')
}

fn link(rest: &str) -> Option<(MarkupKind, usize)> {
    let path = rest.strip_prefix("https://").or_else(|| rest.strip_prefix("http://"))?;
    let (host, path) = path.split_once('/')?;
    HOSTS.iter().find(|known| host.eq_ignore_ascii_case(known))?;
    let path = path.strip_prefix("channels/")?;
    let (guild, path) = match path.strip_prefix("@me/") {
        Some(path) => (None, path),
        None => {
            let (guild, path) = snowflake(path)?;
            (Some(guild), path.strip_prefix('/')?)
        }
    };
    let (channel, path) = snowflake(path)?;
    let (message, tail) = snowflake(path.strip_prefix('/')?)?;
    let link =
        MessageLink { guild_id: guild.map(GuildId::from), channel_id: channel.into(), message_id: message.into() };
    Some((MarkupKind::MessageLink(link), rest.len() - tail.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<MarkupKind> {
        find_markup(text).into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn finds_mentions_and_channel_names() {
        let name = |name: &str| MarkupKind::ChannelName(name.to_owned());
        assert_eq!(found("in #rules, #dev-ops_2? (#général)"), [name("rules"), name("dev-ops_2"), name("général")]);
        assert_eq!(
            found("<@1> <@!2> <#3>"),
            [MarkupKind::User("1".into()), MarkupKind::User("2".into()), MarkupKind::Channel("3".into())]
        );
        for none in
            ["bug #12", "C# a#b", "# heading", "`#rules <@1>`", "```\n#rules\n```", "<@&3>", "<#x>", "&#x27;", "x/#top"]
        {
            assert_eq!(found(none), [], "{none}");
        }
    }

    #[test]
    fn finds_message_links_on_every_host() {
        let wanted = MessageLink { guild_id: Some("1".into()), channel_id: "2".into(), message_id: "3".into() };
        for host in HOSTS {
            let text = format!("what of https://{host}/channels/1/2/3?");
            let [found] = find_markup(&text).try_into().unwrap();
            assert_eq!(found.what, MarkupKind::MessageLink(wanted.clone()));
            assert_eq!(text.get(found.range).unwrap(), format!("https://{host}/channels/1/2/3"));
        }
        assert!(matches!(
            &found("https://discord.com/channels/@me/2/3")[..],
            [MarkupKind::MessageLink(MessageLink { guild_id: None, .. })]
        ));
        for none in [
            "https://evil.com/channels/1/2/3",
            "https://discord.com/channels/1/2",
            "https://discord.com.evil.com/channels/1/2/3",
        ] {
            assert_eq!(found(none), [], "{none}");
        }
    }
}
