//! Collects a streamed response chunk by chunk and interprets its finish reason.

use super::{
    GeminiError,
    wire::generate::{GenerateResponse, Usage},
};

/// The text of a finished response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenText {
    pub(crate) text: String,
    pub(crate) truncated: bool,
}

/// The text, finish reason and token usage of one response so far.
#[derive(Debug, Default)]
pub(crate) struct ResponseAccumulator {
    text: String,
    finish: Option<String>,
    usage: Usage,
}

impl ResponseAccumulator {
    /// Adds a chunk and returns whether the text grew.
    pub(crate) fn take(&mut self, chunk: GenerateResponse) -> Result<bool, GeminiError> {
        if let Some(usage) = chunk.usage_metadata {
            self.usage = usage;
        }
        if let Some(reason) = chunk.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            return Err(GeminiError::Blocked(reason));
        }
        let before = self.text.len();
        for candidate in chunk.candidates.into_iter().filter(|candidate| candidate.index == 0) {
            let parts = candidate.content.unwrap_or_default().parts;
            self.text.extend(parts.into_iter().filter(|part| !part.thought).map(|part| part.text));
            self.finish = candidate.finish_reason.or(self.finish.take());
        }
        Ok(self.text.len() > before)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a finish reason has arrived.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The token usage of the newest chunk that reported it.
    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// The complete text, or the error that the finish reason means.
    pub(crate) fn end(self, max_output_tokens: u32) -> Result<WrittenText, GeminiError> {
        let blank = self.text.trim().is_empty();
        match self.finish.as_deref() {
            None => Err(GeminiError::transient("the stream ended before the answer did")),
            Some("STOP") if blank => Err(GeminiError::transient("the model wrote nothing")),
            Some("STOP") => Ok(WrittenText { text: self.text, truncated: false }),
            Some("MAX_TOKENS") if blank => Err(GeminiError::OutputLimit(max_output_tokens)),
            Some("MAX_TOKENS") => Ok(WrittenText { text: self.text, truncated: true }),
            // The request offers no tools, so this is a slip of the model that a retry may not repeat.
            Some(reason @ ("MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "MALFORMED_RESPONSE")) => {
                Err(GeminiError::transient(format!("the model ended with {reason}")))
            }
            Some(
                reason @ ("SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
                | "IMAGE_SAFETY"),
            ) => Err(GeminiError::Blocked(reason.to_owned())),
            Some(_) => Err(GeminiError::Blocked("OTHER".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn end_of(chunks: &[serde_json::Value]) -> Result<WrittenText, GeminiError> {
        let mut accumulator = ResponseAccumulator::default();
        for chunk in chunks {
            accumulator.take(serde_json::from_value(chunk.clone()).unwrap())?;
        }
        accumulator.end(64)
    }

    fn chunk(text: &str, finish: Option<&str>) -> serde_json::Value {
        json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": finish}]})
    }

    #[test]
    fn chunks_are_joined_and_thoughts_and_new_fields_are_not_read() {
        let thinking = json!({"candidates": [{"content": {"parts": [
            {"text": "Hmm.", "thought": true}, {"text": "One "}, {"inlineData": {}}, {"text": "two"}]}, "tokenCount": 3}],
            "responseId": "x", "promptFeedback": {"safetyRatings": []}});
        let second = json!({"candidates": [{"index": 1, "content": {"parts": [{"text": "other"}]}}]});
        let end = json!({"candidates": [{"finishReason": "STOP"}]});
        let written = end_of(&[thinking, second, chunk(" three", None), end]).unwrap();
        assert_eq!(written, WrittenText { text: "One two three".to_owned(), truncated: false });
    }

    #[test]
    fn every_finish_reason_has_its_meaning() {
        for reason in ["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "OTHER"] {
            let end = end_of(&[chunk("half a word", Some(reason))]);
            assert_eq!(end, Err(GeminiError::Blocked(reason.to_owned())));
        }
        let unknown = end_of(&[chunk("text", Some("SOLAR_FLARE"))]);
        assert_eq!(unknown, Err(GeminiError::Blocked("OTHER".to_owned())));
        for reason in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"] {
            assert!(matches!(end_of(&[chunk("text", Some(reason))]), Err(GeminiError::Transient { .. })));
        }
        assert!(end_of(&[chunk("cut", Some("MAX_TOKENS"))]).unwrap().truncated);
        assert_eq!(end_of(&[chunk("", Some("MAX_TOKENS"))]), Err(GeminiError::OutputLimit(64)));
    }

    #[test]
    fn half_an_answer_and_an_empty_one_are_no_answer() {
        for chunks in [vec![], vec![chunk("half", None)], vec![chunk(" \n", Some("STOP"))]] {
            assert!(matches!(end_of(&chunks), Err(GeminiError::Transient { .. })), "{chunks:?}");
        }
    }

    #[test]
    fn a_blocked_prompt_is_told() {
        let blocked = end_of(&[json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})]);
        assert_eq!(blocked, Err(GeminiError::Blocked("PROHIBITED_CONTENT".to_owned())));
    }

    #[test]
    fn usage_is_the_last_that_was_told() {
        let mut accumulator = ResponseAccumulator::default();
        for tokens in [3, 10] {
            let usage = json!({"usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": tokens}});
            assert!(!accumulator.take(serde_json::from_value(usage).unwrap()).unwrap());
        }
        assert_eq!((accumulator.usage().prompt_token_count, accumulator.usage().candidates_token_count), (12, 10));
    }
}
