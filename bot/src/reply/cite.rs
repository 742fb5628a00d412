//! Citations become links, and nothing else does: what a model wrote is data. Links are built from ids
//! that were retrieved; an address that the text brings along is shown, not hidden behind words; no mention
//! notifies anybody.

use crate::discord::markdown::link;
use rtfm_shared::text::code_spans;
use rtfm_shared::{event::Source, text::disarmed};

/// The answer's text with `[n]` as links to the sources, its own masked links opened, and mentions disarmed.
/// Code stays as it is, mentions aside.
pub(super) fn cite(text: &str, sources: &[Source]) -> String {
    let mut cited = String::with_capacity(text.len() * 2);
    let mut at = 0;
    for code in code_spans(text) {
        cited.push_str(&prose(text.get(at..code.range.start).unwrap_or_default(), sources));
        cited.push_str(text.get(code.range.clone()).unwrap_or_default());
        at = code.range.end;
    }
    cited.push_str(&prose(text.get(at..).unwrap_or_default(), sources));
    disarmed(&cited)
}

/// A link that Discord does not unfold into a preview.
pub(super) fn quiet_link(label: &str, address: &str) -> String {
    format!("[{label}](<{address}>)")
}

fn prose(text: &str, sources: &[Source]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let length = if let Some((label, target, length)) = link(from) {
            out.push_str(&opened(label, target));
            length
        } else if let Some((links, length)) = citation(from, sources) {
            out.push_str(&links);
            length
        } else {
            out.push('[');
            1
        };
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// A masked link shows where it leads.
fn opened(label: &str, target: &str) -> String {
    let target = target.trim().trim_start_matches('<').trim_end_matches('>');
    if label.trim() == target { format!("<{target}>") } else { format!("{label} (<{target}>)") }
}

/// `[1]` or `[1, 3]` at the beginning, all of whose numbers are sources.
fn citation(text: &str, sources: &[Source]) -> Option<(String, usize)> {
    let (inside, _) = text.strip_prefix('[')?.split_once(']')?;
    let links: Option<Vec<String>> = inside
        .split([',', ';'])
        .map(|number| {
            let number: u32 = number.trim().trim_start_matches('^').parse().ok()?;
            let source = sources.iter().find(|source| source.n == number)?;
            Some(quiet_link(&format!("[{number}]"), &source.link()))
        })
        .collect();
    Some((links?.join(""), inside.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(in super::super) fn source(n: u32) -> Source {
        Source {
            n,
            message_id: u64::from(n + 100).into(),
            channel_id: 11.into(),
            guild_id: Some(7.into()),
            channel_name: Some("general".to_owned()),
            username: "ana".to_owned(),
            timestamp: "2026-11-02T12:00:00Z".parse().unwrap(),
            excerpt: "…".to_owned(),
            score: 1.0,
            file: None,
        }
    }

    fn cited(text: &str) -> String {
        cite(text, &[source(1), source(2)])
    }

    #[test]
    fn numbers_of_sources_become_links() {
        let one = "[[1]](<https://discord.com/channels/7/11/101>)";
        let two = "[[2]](<https://discord.com/channels/7/11/102>)";
        assert_eq!(cited("It is 8080 [1]."), format!("It is 8080 {one}."));
        assert_eq!(cited("a [1][2] b [1, 2]"), format!("a {one}{two} b {one}{two}"));
    }

    #[test]
    fn other_brackets_and_code_stay() {
        assert_eq!(cited("an [9] or [x] or [1"), "an [9] or [x] or [1");
        assert_eq!(cited("`a[1]` and\n```\nb[2]\n```"), "`a[1]` and\n```\nb[2]\n```");
    }

    #[test]
    fn links_of_the_text_show_where_they_lead() {
        assert_eq!(cited("see [the docs](https://evil.example/x)"), "see the docs (<https://evil.example/x>)");
        assert_eq!(cited("[1](https://evil.example)"), "1 (<https://evil.example>)");
        assert_eq!(cited("[https://a.b](<https://a.b>)"), "<https://a.b>");
    }

    #[test]
    fn nobody_is_called() {
        assert_eq!(cited("@everyone `@here`"), "@\u{200b}everyone `@\u{200b}here`");
        assert_eq!(cited("＠everyone @HERE <＠123>"), "＠\u{200b}everyone @\u{200b}HERE <＠\u{200b}123>");
    }

    #[test]
    fn a_direct_message_links_to_itself() {
        let source = Source { guild_id: None, ..source(1) };
        assert_eq!(cite("[1]", &[source]), "[[1]](<https://discord.com/channels/@me/11/101>)");
    }
}
