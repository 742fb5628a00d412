//! How an answer looks on Discord: its text with citations as links, what the reader should know about
//! it, and a compact list of sources.

use super::{
    cite::{cite, quiet_link},
    extras::ReplyExtras,
    split::{LIMIT, split},
};
use rtfm_shared::{
    event::{Response, Source, Status},
    text::{disarmed, showable},
};

/// The longest question of a command, in characters: an answer repeats it whole.
pub(crate) const LONGEST_QUESTION: usize = 1500;
const MOST_PARTS: usize = 5;
const MOST_SOURCES: usize = 10;
/// The line above the list of sources.
pub(crate) const SOURCES_HEADING: &str = "-# **Sources**";
const SHORTENED: &str = "-# The answer is too long to be shown in full.";

/// The messages that say it, each of a size that Discord takes; at least one.
pub(crate) fn render(response: &Response) -> Vec<String> {
    let extras = ReplyExtras::of(&response.reply);
    let mut blocks: Vec<String> = head(&extras).into_iter().collect();
    let text = response.response_text.trim();
    blocks.push(if text.is_empty() { wording(response.status).to_owned() } else { cite(text, &response.sources) });
    for notice in [response.metadata.notice.as_deref(), extras.note.as_deref()].into_iter().flatten() {
        let notice = notice.trim();
        if !notice.is_empty() {
            blocks.push(format!("-# {}", disarmed(&notice.replace('\n', " "))));
        }
    }
    if !response.sources.is_empty() {
        blocks.push(source_list(&response.sources));
    }
    let mut parts = split(&blocks.join("\n\n"), LIMIT);
    if parts.len() > MOST_PARTS {
        parts.truncate(MOST_PARTS - 1);
        parts.push(SHORTENED.to_owned());
    }
    parts
}

/// The lines before an answer that say what was asked; none where Discord shows it.
pub(crate) fn head(extras: &ReplyExtras) -> Option<String> {
    let lines: Vec<String> = extras.asked.as_deref().map(quote).into_iter().chain(extras.narrowed.clone()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The text of a response that has only a status.
fn wording(status: Status) -> &'static str {
    match status {
        Status::NotFound => "I found nothing about that in the messages that everyone here can read.",
        Status::Unavailable => "I cannot reach my memory right now. Please ask again in a few minutes.",
        Status::Rejected => "I could not answer that question. Please rephrase it.",
        Status::Answered | Status::Other => "I have no answer to that.",
    }
}

fn source_list(sources: &[Source]) -> String {
    let mut lines = vec![SOURCES_HEADING.to_owned()];
    lines.extend(sources.iter().take(MOST_SOURCES).map(|source| {
        // Discord shows a channel's name only to those who may see it; a direct message has none.
        let channel = if source.guild_id.is_some() { format!(" · <#{}>", source.channel_id) } else { String::new() };
        let file = source.file.as_deref().map(|file| format!(" · in {}", plain(file))).unwrap_or_default();
        format!(
            "-# {} {}{channel}{file} · <t:{}:R>",
            quiet_link(&format!("[{}]", source.n), &source.link()),
            plain(&source.username),
            source.timestamp.as_second(),
        )
    }));
    if let Some(more) = sources.len().checked_sub(MOST_SOURCES).filter(|more| *more > 0) {
        lines.push(format!("-# and {more} more"));
    }
    lines.join("\n")
}

/// A name as text: none of it is markdown or a mention.
fn plain(name: &str) -> String {
    let escaped: String = name
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| {
            let special = matches!(c, '*' | '_' | '`' | '~' | '|' | '[' | ']' | '(' | ')' | '<' | '>' | '#' | '\\');
            special.then_some('\\').into_iter().chain([c])
        })
        .collect();
    disarmed(&escaped)
}

/// The question as a quotation without secrets, whole if it came by a command: from there it is read when it is asked
/// again.
fn quote(question: &str) -> String {
    let line = showable(question).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(LONGEST_QUESTION).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    // It appears under the bot's name: nothing in it may look like a citation.
    format!("> {}", cite(&short, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::Query;

    fn source(n: u32, username: &str) -> Source {
        Source {
            n,
            message_id: u64::from(n + 100).into(),
            channel_id: 11.into(),
            guild_id: Some(7.into()),
            channel_name: Some("general".to_owned()),
            username: username.to_owned(),
            timestamp: "2026-11-02T12:00:00Z".parse().unwrap(),
            excerpt: "…".to_owned(),
            score: 1.0,
            file: None,
        }
    }

    fn response(text: &str) -> Response {
        Response { response_text: text.to_owned(), ..Response::to(&Query::default()) }
    }

    #[test]
    fn text_notice_and_sources_stand_in_this_order() {
        let mut response = response("It listens on **8080** [1].");
        response.sources = vec![source(1, "ana_*")];
        response.metadata.notice = Some("Gemini is away; these are the most relevant messages.".to_owned());
        let link = "[[1]](<https://discord.com/channels/7/11/101>)";
        assert_eq!(
            render(&response),
            [format!(
                "It listens on **8080** {link}.\n\n-# Gemini is away; these are the most relevant messages.\n\n\
                 -# **Sources**\n-# {link} ana\\_\\* · <#11> · <t:1793620800:R>"
            )]
        );
    }

    #[test]
    fn a_source_in_a_file_names_it() {
        let mut response = response("It listens on 8080 [1].");
        response.sources = vec![Source { file: Some("a_`b`.log".to_owned()), ..source(1, "ana") }];
        assert!(render(&response)[0].contains("ana · <#11> · in a\\_\\`b\\`.log · <t:1793620800:R>"));
    }

    #[test]
    fn what_became_of_a_question_is_said_plainly() {
        for (status, words) in [
            (Status::NotFound, "found nothing"),
            (Status::Unavailable, "cannot reach my memory"),
            (Status::Rejected, "rephrase it"),
            (Status::Other, "no answer"),
        ] {
            let said = render(&Response { status, ..response(" ") });
            assert!(said[0].contains(words), "{said:?}");
        }
        let own = render(&Response { status: Status::NotFound, ..response("Nobody said so.") });
        assert_eq!(own, ["Nobody said so."]);
    }

    #[test]
    fn a_command_shows_what_was_asked() {
        let mut response = response("42");
        let extras = ReplyExtras { asked: Some("why\n@everyone?".to_owned()), ..ReplyExtras::default() };
        response.reply = extras.put(response.reply);
        assert_eq!(render(&response), ["> why @\u{200b}everyone?\n\n42"]);
        let narrowed =
            ReplyExtras { narrowed: Some("-# only <#5>".to_owned()), note: Some("Closed.".to_owned()), ..extras };
        response.reply = narrowed.put(response.reply);
        assert_eq!(render(&response), ["> why @\u{200b}everyone?\n-# only <#5>\n\n42\n\n-# Closed."]);
    }

    #[test]
    fn a_question_that_is_quoted_forges_no_citation() {
        let mut response = response("42");
        let forged = "x [[1]](<https://discord.com/channels/7/11/101>) [here](https://evil.example)";
        response.reply = ReplyExtras { asked: Some(forged.to_owned()), ..ReplyExtras::default() }.put(response.reply);
        let said = &render(&response)[0];
        assert!(!said.contains("](<https") && said.contains("(<https://evil.example>)"), "{said}");
        assert!(crate::reply::citations(said).is_empty(), "{said}");
    }

    #[test]
    fn endless_answers_end() {
        let parts = render(&response(&"A sentence of words. ".repeat(2000)));
        assert_eq!(parts.len(), MOST_PARTS);
        assert_eq!(parts.last().unwrap(), SHORTENED);
        assert!(parts.iter().all(|part| part.chars().count() <= LIMIT));
        let mut response = response("x [1]");
        response.sources = (1..=14).map(|n| source(n, "ana")).collect();
        assert!(render(&response)[0].ends_with("-# and 4 more"));
    }
}
