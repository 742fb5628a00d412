//! A door to the checks for fuzzing, which production builds do not have.

use super::{
    check::Checks,
    evidence::{EvidenceItem, NumberedEvidence},
};
use rtfm_shared::event::{ChatMessage, Query, Scope};

const RULES: &str = include_str!("../../prompts/answer.md");

/// A text after the checks.
#[derive(Debug)]
pub struct CheckedAnswer {
    pub text: String,
    /// The number of its sources.
    pub sources: usize,
    /// The parts that a reader sees while the text is written.
    pub partials: Vec<String>,
}

impl CheckedAnswer {
    /// Checks a text as an answer from these messages.
    pub fn of(text: &str, messages: &[&str]) -> Self {
        let numbered = |(n, content): (u32, &&str)| NumberedEvidence {
            evidence: EvidenceItem {
                n,
                username: "ana".to_owned(),
                channel_name: None,
                timestamp: jiff::Timestamp::UNIX_EPOCH,
                content: (*content).to_owned(),
            },
            message: ChatMessage { message_id: u64::from(n * 100).into(), ..ChatMessage::default() },
            score: 0.0,
            passage: 0,
            found_in: None,
        };
        let evidence: Vec<NumberedEvidence> = (1..).zip(messages).map(numbered).collect();
        let scope = Scope { channel_ids: vec!["10".into()], whole_guild: false };
        let query = Query { guild_id: Some("1".into()), scope: Some(scope), ..Query::default() };
        let checks = Checks::new(&query, &evidence, RULES);
        let checked = checks.whole(text);
        // A few of them: each is checked like the whole.
        let ends = (1..text.len()).step_by(1 + text.len() / 4).filter_map(|end| text.get(..end));
        let partials = ends.map(|start| checks.so_far(start)).collect();
        Self { text: checked.text, sources: checked.sources.len(), partials }
    }
}
