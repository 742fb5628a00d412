//! Links in a model's text. Only addresses from cited messages appear, always visible and never behind other words.
//! Text that looks like an address counts as one, with or without a scheme.

mod address;

use super::code::code_and_prose;
use address::{Address, next, shown};
use rtfm_shared::event::{GuildId, Query, Scope};
use std::collections::HashSet;

/// The replacement of a removed link.
const REMOVED: &str = "(link removed)";

/// The addresses in cited messages.
#[derive(Debug, Default)]
pub(super) struct KnownLinks {
    addresses: HashSet<String>,
}

impl KnownLinks {
    /// Adds the addresses of a cited message.
    pub(super) fn add(&mut self, content: &str) {
        let mut rest = content;
        while let Some((_, address, tail)) = next(rest, true) {
            self.addresses.insert(address.key());
            rest = tail;
        }
    }
}

/// The channels that links to messages may lead to: those that the reader can read.
#[derive(Debug, Default)]
pub(super) struct LinkScope {
    guild: Option<GuildId>,
    scope: Scope,
}

impl LinkScope {
    /// Links may lead to the channels that the answer may use.
    pub(super) fn of(query: &Query) -> Self {
        Self { guild: query.guild_id.clone(), scope: query.effective_scope() }
    }

    fn contains(&self, guild: &str, channel: &str) -> bool {
        let is_here = self.guild.as_ref().is_some_and(|here| here.as_str() == guild);
        is_here && (self.scope.whole_guild || self.scope.channel_ids.iter().any(|id| id.as_str() == channel))
    }
}

/// Rewrites `[words](address)` to `words (<address>)`, and other disguises of an address to the address alone.
pub(super) fn expanded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (is_code, piece) in code_and_prose(text) {
        if is_code { out.push_str(piece) } else { open(piece, &mut out) }
    }
    let lines = out.split_inclusive('\n').filter(|line| !is_definition(line));
    lines.collect()
}

/// Whether a line is a link definition, `[name]: https://…`, which gives links elsewhere their address.
fn is_definition(line: &str) -> bool {
    let definition = line.trim_start().strip_prefix('[').and_then(|line| line.split_once("]:"));
    definition.is_some_and(|(name, target)| {
        let target = target.trim().trim_start_matches('<');
        !name.contains(']') && next(target, true).is_some_and(|(before, ..)| before.is_empty())
    })
}

fn open(prose: &str, out: &mut String) {
    let mut rest = prose;
    while let Some((before, after)) = rest.split_once("](") {
        out.push_str(before);
        let target = after.split_once(')');
        let address = target.and_then(|(target, _)| target.split_whitespace().next()).unwrap_or_default();
        let address = address.trim_matches(['<', '>']);
        let is_address = next(address, true).is_some_and(|(before, ..)| before.is_empty()) || address.contains("//");
        let Some((_, tail)) = target.filter(|_| is_address) else {
            out.push_str("](");
            rest = after;
            continue;
        };
        let words = opening(out).map(|start| out.split_off(start)).unwrap_or_default();
        if out.ends_with('!') && !words.is_empty() {
            out.pop();
        }
        let words = words.strip_prefix('[').unwrap_or(&words);
        if !words.is_empty() && words.chars().all(|c| c.is_ascii_digit()) {
            // `[1](address)` stays a citation, without the address.
            out.push_str(&format!("[{words}]"));
        } else if super::citations::leading(words) == words.len() && !words.is_empty() {
            out.push_str(words);
        } else if words == address {
            out.push_str(&format!("<{address}>"));
        } else {
            out.push_str(&format!("{words} (<{address}>)"));
        }
        rest = tail;
    }
    out.push_str(rest);
}

/// The position of the bracket that a `]` at the end of the text would close.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    text.char_indices().rev().find_map(|(at, c)| {
        match c {
            ']' => depth += 1,
            '[' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// Removes every address that is not known and allowed.
pub(super) fn without_unknown_links(text: &str, known: &KnownLinks, link_scope: &LinkScope) -> String {
    let mut out = String::with_capacity(text.len());
    for (is_code, piece) in code_and_prose(text) {
        let mut rest = piece;
        while let Some((before, address, tail)) = next(rest, !is_code) {
            out.push_str(before);
            let allowed = known.addresses.contains(&address.key()) && is_allowed(&address, link_scope);
            rest = tail;
            match shown(&address).filter(|_| allowed) {
                Some(address) => out.push_str(&address),
                // The link's words remain, so a removed address needs no placeholder.
                None if out.ends_with(" (<") && tail.starts_with(">)") => {
                    out.truncate(out.len() - 3);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None if out.ends_with('<') && tail.starts_with('>') => {
                    out.pop();
                    out.push_str(REMOVED);
                    rest = tail.get(1..).unwrap_or_default();
                }
                None => out.push_str(REMOVED),
            }
        }
        out.push_str(rest);
    }
    out
}

/// Whether a link to a message leads into an allowed channel; other links may lead anywhere.
fn is_allowed(address: &Address<'_>, link_scope: &LinkScope) -> bool {
    address.message().is_none_or(|(guild, channel)| link_scope.contains(&guild, &channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTED: &str = "try https://a.example/x?y=1, or <https://b.example>; see docs.b.example/guide, main.rs, \
        https://discord.com/channels/1/10/5 https://discord.com/channels/1/66/6 https://xn--e1awd7f.example/ \
        https://m\u{fc}nchen.example/x discord.gg/abc";

    fn checked(text: &str) -> String {
        let mut known = KnownLinks::default();
        known.add(POSTED);
        let scope = Scope { channel_ids: vec!["10".into()], whole_guild: false };
        without_unknown_links(&expanded(text), &known, &LinkScope { guild: Some("1".into()), scope })
    }

    #[test]
    fn posted_links_stay_and_others_are_removed() {
        for text in
            ["See https://a.example/x?y=1.", "See <https://b.example>", "docs.b.example/guide", "in discord.gg/abc"]
        {
            assert_eq!(checked(text), text);
        }
        assert_eq!(checked("See https://a.example/x"), "See (link removed)", "another address than the posted one");
        for (text, expected) in [
            ("HTTP is http, http://c.example!", "HTTP is http, (link removed)!"),
            ("HTTPS://EVIL.EXAMPLE <https://evil.example>", "(link removed) (link removed)"),
            ("evil.example, www.evil.example/x; eve@evil.example", "(link removed), (link removed); (link removed)"),
            ("http://[2001:db8::1]/x <https://[::1]:80>, http://[", "(link removed) (link removed), http://["),
            ("ftp://x.y discord://a steam://run/1", "(link removed) (link removed) (link removed)"),
            (
                "javascript:alert(1) data:text/html,x mailto:a@b.example",
                "(link removed)(1) (link removed) (link removed)",
            ),
            (
                "discord.gg/evil `discord.gg/evil` `https://evil.example`",
                "(link removed) `(link removed)` `(link removed)`",
            ),
            ("https://b.example@evil.example https://b.example.evil.example", "(link removed) (link removed)"),
            ("https://b\u{435}.example https://\u{ff42}.example", "(link removed) (link removed)"),
        ] {
            assert_eq!(checked(text), expected, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_address_stays() {
        for text in [
            "e.g. i.e. v1.2.3, 3.14, 10:30, main.rs and lib/mod.rs, README.md, a.b.c(), Node.js, end.Next, z.B. so",
            "/api/v2/cranes, std::fmt, key: value, note:this, `os.path.join`, 100.000 EUR, 12.5kg, U.S. and so on...",
        ] {
            assert_eq!(checked(text), text);
        }
    }

    #[test]
    fn words_never_hide_an_address() {
        for (text, expected) in [
            ("[home](https://b.example)", "home (<https://b.example>)"),
            ("[home](https://evil.example \"t\") x", "home x"),
            ("![pic](https://evil.example/p.png)", "pic"),
            ("[https://b.example](https://evil.example)", "https://b.example"),
            ("[1](https://evil.example) [[2]](<https://evil.example>)", "[1] [2]"),
            ("[x](javascript:alert) [y](evil.example)", "x y"),
            ("see [docs][9]\n[9]: https://evil.example 'x'\nend", "see [docs][9]\nend"),
            ("f(a)[0](b)", "f(a)[0](b)"),
            ("https://m\u{fc}nchen.example/x", "https://xn--mnchen-3ya.example/x"),
        ] {
            assert_eq!(checked(text), expected, "{text}");
        }
    }

    #[test]
    fn links_to_messages_outside_of_the_scope_are_removed() {
        assert_eq!(checked("https://discord.com/channels/1/10/5"), "https://discord.com/channels/1/10/5");
        for forged in
            ["discord.com/channels/1/66/6", "ptb.discord.com/channels/1/10/5", "discordapp.com/channels/2/3/4"]
        {
            assert_eq!(checked(&format!("https://{forged}")), "(link removed)", "{forged}");
        }
    }
}
