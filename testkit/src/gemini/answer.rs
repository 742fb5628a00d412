//! The default answer: a sentence that cites the prompt's first evidence.

use super::{RecordedRequest, Reply};

/// Finds the first line of the form `[n] …` and answers with it, citing `[n]`. Without evidence it
/// gives back the last line, which for the rewriting of a question is a fair answer.
pub(super) fn default_reply(request: &RecordedRequest) -> Reply {
    let prompt = request.user_text();
    let text = match prompt.lines().find_map(evidence) {
        Some((n, said)) => format!("According to the messages: {} [{n}]", shortened(said)),
        None => prompt.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("Yes.").to_owned(),
    };
    Reply::text(&text)
}

fn evidence(line: &str) -> Option<(u32, &str)> {
    let (n, said) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    Some((n.parse().ok()?, said.trim())).filter(|(_, said)| !said.is_empty())
}

fn shortened(text: &str) -> String {
    text.chars().take(240).collect()
}
