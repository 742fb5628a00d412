//! An answer with its sources.

use crate::{output::one_line, style::Style};
use rtfm_shared::event::{Response, Source, Status};
use serde_json::{Value, json};

/// The answer and its sources, with links to the messages.
pub(crate) fn text(response: &Response, style: Style) -> String {
    let mut lines = vec![response.response_text.trim().to_owned()];
    if let Some(notice) = &response.metadata.notice {
        lines.push(style.dim(&format!("({})", one_line(notice))));
    }
    if response.status == Status::Answered && !response.sources.is_empty() {
        lines.push(String::new());
        lines.push(style.bold("Sources"));
        for source in &response.sources {
            lines.push(format!("  {} {}", style.accent(&format!("[{}]", source.n)), origin(source)));
            lines.push(format!("      {}", style.dim(&one_line(&source.link()))));
        }
    }
    lines.join("\n")
}

fn origin(source: &Source) -> String {
    let channel = source.channel_name.as_deref().unwrap_or(source.channel_id.as_str());
    let file = source.file.as_deref().map(|file| format!(", in {file}")).unwrap_or_default();
    let when = source.timestamp.strftime("%Y-%m-%d %H:%M UTC");
    one_line(&format!("{} in #{channel}, {when}{file}", source.username))
}

/// The answer as one object, in the shape of `bot-responses`.
pub(crate) fn json(response: &Response) -> Value {
    json!({
        "query_id": response.query_id,
        "status": response.status,
        "response_text": response.response_text,
        "metadata": response.metadata,
        "sources": response.sources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::{Query, QueryId};

    fn response() -> Response {
        let query = Query { query_id: QueryId("q".to_owned()), ..Query::default() };
        Response {
            response_text: "Port 8123 [1].".to_owned(),
            sources: vec![Source {
                n: 1,
                message_id: "30".into(),
                channel_id: "20".into(),
                guild_id: Some("10".into()),
                channel_name: Some("help".to_owned()),
                username: "ana".to_owned(),
                timestamp: "2026-01-05T17:00:00Z".parse().unwrap(),
                excerpt: "it is 8123".to_owned(),
                score: 0.5,
                file: None,
            }],
            ..Response::to(&query)
        }
    }

    #[test]
    fn people_see_who_where_when_and_the_link() {
        let shown = text(&response(), Style::plain());
        let expected = "Port 8123 [1].\n\nSources\n  [1] ana in #help, 2026-01-05 17:00 UTC\n      \
                        https://discord.com/channels/10/20/30";
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_found_shows_no_sources() {
        let nothing = Response { status: Status::NotFound, sources: Vec::new(), ..response() };
        assert_eq!(text(&nothing, Style::plain()), "Port 8123 [1].");
    }

    #[test]
    fn programs_get_the_wire_shape() {
        let value = json(&response());
        assert_eq!(value["status"], "answered");
        assert_eq!(value["sources"][0]["message_id"], "30");
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["metadata", "query_id", "response_text", "sources", "status"]);
    }
}
