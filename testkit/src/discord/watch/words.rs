//! A message's text as people read it: links as their labels, small print without its mark, times relative to now.
//! Emphasis and code stay as written.

use jiff::Timestamp;

/// The text without what Discord does not show.
pub(crate) fn shown(text: &str) -> String {
    let mut in_code = false;
    let lines = text.lines().map(|line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        if fence || in_code { line.to_owned() } else { prose(line.strip_prefix("-# ").unwrap_or(line)) }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A line whose links outside code are replaced by their labels.
fn prose(line: &str) -> String {
    let parts = line.split('`').enumerate();
    let parts = parts.map(|(n, part)| if n % 2 == 0 { labels(part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

fn labels(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let (label, length) = link(from).unwrap_or(("[", 1));
        out.push_str(label);
        rest = from.get(length..).unwrap_or_default();
    }
    out + rest
}

/// The label of the masked link that a text begins with, and how long that is.
fn link(text: &str) -> Option<(&str, usize)> {
    let mut depth = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        (depth == 0).then_some(at)
    })?;
    let target = text.get(end + 1..)?.strip_prefix('(')?;
    let length = target.find(')')?;
    let address = target.get(..length)?.trim_start_matches('<');
    address.starts_with("http").then_some((text.get(1..end)?, end + length + 3))
}

/// The text shown for `<t:…>`, given the tag without its brackets.
pub(crate) fn time(tag: &str, now_ms: u64) -> Option<String> {
    let (seconds, style) = tag.strip_prefix("t:")?.split_once(':').unwrap_or((tag.strip_prefix("t:")?, "f"));
    let at = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    if style != "R" {
        return Some(at.strftime("%-d %B %Y %H:%M").to_string());
    }
    let ahead = at.as_second() - i64::try_from(now_ms / 1000).ok()?;
    let span = span(ahead.unsigned_abs());
    Some(if ahead > 0 { format!("in {span}") } else { format!("{span} ago") })
}

/// A number of seconds in words.
fn span(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    match seconds {
        0..45 => "a few seconds".to_owned(),
        45..90 => "a minute".to_owned(),
        90..2700 => format!("{} minutes", rounded(MINUTE)),
        2700..5400 => "an hour".to_owned(),
        5400..79_200 => format!("{} hours", rounded(HOUR)),
        79_200..129_600 => "a day".to_owned(),
        _ => format!("{} days", rounded(DAY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_their_labels_and_small_print_is_words() {
        let text =
            "It is so [[1]](<https://a.b/c>)[[2]](https://a.b/d).\n\n-# **Sources**\n-# [[1]](<https://a.b/c>) ana";
        assert_eq!(shown(text), "It is so [1][2].\n\n**Sources**\n[1] ana");
        for same in ["a [1] b", "a[0](x)", "`[1](https://a.b)`", "```\n-# [1](https://a.b)\n```", "[open", "#-# x"] {
            assert_eq!(shown(same), same);
        }
    }

    #[test]
    fn times_are_relative_to_now() {
        let now = 1_790_000_000_000;
        let at = |seconds: i64, style: &str| time(&format!("t:{}:{style}", 1_790_000_000 + seconds), now).unwrap();
        let told = [-5, -60, -300, -3600, -3 * 3600, -86_400, -3 * 86_400, 3601].map(|seconds| at(seconds, "R"));
        assert_eq!(
            told,
            [
                "a few seconds ago",
                "a minute ago",
                "5 minutes ago",
                "an hour ago",
                "3 hours ago",
                "a day ago",
                "3 days ago",
                "in an hour"
            ]
        );
        assert_eq!(at(0, "f"), "21 September 2026 14:13");
        assert_eq!(time("t:1790000000", now), Some(at(0, "f")));
        assert_eq!(time("t:x:R", now), None);
    }
}
