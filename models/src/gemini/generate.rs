//! Generation requests and their streamed responses.

use super::{
    GeminiClient, GeminiError, ThinkingLevel,
    accumulator::{ResponseAccumulator, WrittenText},
    failure, meter,
    sse::{Decoder, Frame, SseError},
    wire::{
        WireContent,
        error::WireError,
        generate::{GenerateRequest, GenerateResponse, GenerationConfig, SAFETY, SafetySetting, ThinkingConfig},
    },
};
use jiff::Timestamp;
use reqwest::Response;
use serde_json::Value;
use std::time::Duration;

/// How long to wait for the end of a stream whose text is complete, so that the connection can be reused.
const GRACE: Duration = Duration::from_millis(500);

/// The content of one generation request.
#[derive(Clone, Debug)]
pub(crate) struct TextRequest<'a> {
    pub(crate) system: &'a str,
    pub(crate) user: &'a str,
    pub(crate) max_output_tokens: u32,
    /// `None` uses the model's default.
    pub(crate) thinking: Option<ThinkingLevel>,
}

impl GeminiClient {
    /// Makes one attempt to generate text. `on_text` receives the complete text so far whenever it grows.
    pub(crate) async fn generate_text(
        &self,
        model: &str,
        request: &TextRequest<'_>,
        on_text: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<WrittenText, GeminiError> {
        self.attempt(model, self.stream(model, request, on_text)).await
    }

    async fn stream(
        &self,
        model: &str,
        request: &TextRequest<'_>,
        on_text: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<WrittenText, GeminiError> {
        let mut response = self.call(model, "streamGenerateContent?alt=sse", &request.request()).await?;
        let mut accumulator = ResponseAccumulator::default();
        let read = self.read_stream(model, &mut response, &mut accumulator, on_text).await;
        meter::count_tokens(model, accumulator.usage());
        // A connection that breaks after the finish reason loses no text.
        match read {
            Err(error @ GeminiError::Blocked(_)) => Err(error),
            Err(error) if !accumulator.is_finished() => Err(error),
            _ => accumulator.end(request.max_output_tokens),
        }
    }

    async fn read_stream(
        &self,
        model: &str,
        response: &mut Response,
        accumulator: &mut ResponseAccumulator,
        on_text: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<(), GeminiError> {
        let mut decoder = Decoder::default();
        loop {
            let silence = if accumulator.is_finished() { GRACE } else { self.config().idle_timeout };
            let chunk = self.within(silence, response.chunk()).await?;
            let (frames, over) = match chunk {
                Some(chunk) => (decoder.push(&chunk).map_err(unreadable)?, false),
                None => (std::mem::take(&mut decoder).finish().map_err(unreadable)?, true),
            };
            for frame in frames {
                if accumulator.take(parse_frame(model, &frame)?)? {
                    on_text(accumulator.text());
                }
            }
            if over {
                return Ok(());
            }
        }
    }
}

impl TextRequest<'_> {
    fn request(&self) -> GenerateRequest {
        // The API refuses an empty text.
        let user = if self.user.trim().is_empty() { "(nothing)" } else { self.user };
        GenerateRequest {
            system_instruction: Some(self.system)
                .filter(|system| !system.trim().is_empty())
                .map(|system| WireContent::text(None, system)),
            contents: vec![WireContent::text(Some("user"), user)],
            generation_config: GenerationConfig {
                max_output_tokens: self.max_output_tokens,
                thinking_config: self.thinking.map(|level| ThinkingConfig {
                    thinking_level: match level {
                        ThinkingLevel::Low => "low",
                        ThinkingLevel::Medium => "medium",
                        ThinkingLevel::High => "high",
                    },
                    include_thoughts: false,
                }),
            },
            safety_settings: SAFETY.map(|category| SafetySetting { category, threshold: "BLOCK_ONLY_HIGH" }),
            store: false,
        }
    }
}

/// Parses a frame of the stream as a chunk of the response.
fn parse_frame(model: &str, frame: &Frame) -> Result<GenerateResponse, GeminiError> {
    let unreadable = |why: &str| GeminiError::transient(format!("failed to read the stream of {model}: {why}"));
    let (Frame::Data(text) | Frame::Stray(text)) = frame;
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
    if let Some(error) = WireError::read(&value) {
        return Err(failure::from_stream_error(model, error, Timestamp::now()));
    }
    match frame {
        Frame::Data(_) if value.is_object() => {
            serde_json::from_value(value).map_err(|error| unreadable(&error.to_string()))
        }
        Frame::Data(_) => Err(unreadable("an event is not a JSON object")),
        Frame::Stray(_) => Err(unreadable("it contains text outside of events")),
    }
}

fn unreadable(error: SseError) -> GeminiError {
    GeminiError::transient(format!("failed to read the stream: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_request_has_the_form_the_api_requires() {
        let request = TextRequest {
            system: "Be brief.",
            user: "Hi",
            max_output_tokens: 2048,
            thinking: Some(ThinkingLevel::Low),
        };
        let json = serde_json::to_value(request.request()).unwrap();
        let expected = json!({
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {"maxOutputTokens": 2048,
                "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": false}},
            "safetySettings": SAFETY.map(|category| json!({"category": category, "threshold": "BLOCK_ONLY_HIGH"})),
            "store": false,
        });
        assert_eq!(json, expected);
        let bare = TextRequest { system: " ", user: " ", thinking: None, ..request }.request();
        let bare = serde_json::to_value(bare).unwrap();
        assert_eq!(bare["contents"][0]["parts"], json!([{"text": "(nothing)"}]));
        assert_eq!(bare.get("systemInstruction"), None);
        assert_eq!(bare["generationConfig"], json!({"maxOutputTokens": 2048}));
        assert_eq!(bare["store"], json!(false));
    }

    #[test]
    fn an_error_is_parsed_inside_and_outside_of_events() {
        let error = json!({"error": {"code": 503, "message": "overloaded"}}).to_string();
        for frame in [Frame::Data(error.clone()), Frame::Stray(format!("[{error}]\n"))] {
            let error = parse_frame("m", &frame).unwrap_err();
            assert!(matches!(&error, GeminiError::Transient { message, .. } if message.contains("overloaded")));
        }
        for garbage in [Frame::Data("{\"cand".to_owned()), Frame::Data("[]".to_owned()), Frame::Stray("<p>".to_owned())]
        {
            assert!(matches!(parse_frame("m", &garbage), Err(GeminiError::Transient { .. })), "{garbage:?}");
        }
    }
}
