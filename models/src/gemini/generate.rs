//! Asking a model to write: the request's form, and the stream of its answer.

use super::{
    GeminiClient, GeminiError, ThinkingLevel,
    accumulator::{ResponseAccumulator, WrittenText},
    failure,
    meter::RequestMeter,
    sse::{Decoder, Frame, SseError},
    wire::{
        Content,
        error::WireError,
        generate::{GenerateRequest, GenerateResponse, GenerationConfig, SAFETY, SafetySetting, ThinkingConfig},
    },
};
use jiff::Timestamp;
use reqwest::Response;
use rtfm_shared::event::{Speaker, Turn};
use serde_json::Value;
use std::time::Duration;

/// How long to wait for the end of a stream whose answer is complete, so that its connection can be
/// used again.
const GRACE: Duration = Duration::from_millis(500);

/// What a model shall write.
#[derive(Clone, Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) system: &'a str,
    pub(crate) history: &'a [Turn],
    pub(crate) user: &'a str,
    pub(crate) max_output_tokens: u32,
    /// `None` leaves it to the model.
    pub(crate) thinking: Option<ThinkingLevel>,
}

impl GeminiClient {
    /// One attempt to have a model write. `on_text` hears the whole text so far, each time it has grown.
    pub(crate) async fn write(
        &self,
        model: &str,
        writing: &Writing<'_>,
        on_text: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<WrittenText, GeminiError> {
        self.check_hold(model)?;
        let meter = RequestMeter::start(model);
        let result = self.stream(model, writing, on_text, &meter).await;
        meter.end(&result);
        if let Err(error) = &result {
            self.learn(model, error);
        }
        result
    }

    async fn stream(
        &self,
        model: &str,
        writing: &Writing<'_>,
        on_text: &(dyn Fn(&str) + Send + Sync),
        meter: &RequestMeter,
    ) -> Result<WrittenText, GeminiError> {
        let mut response = self.call(model, "streamGenerateContent?alt=sse", &writing.request()).await?;
        let mut accumulator = ResponseAccumulator::default();
        let read = self.follow(model, &mut response, &mut accumulator, on_text).await;
        meter.tokens(accumulator.usage());
        // A connection that breaks after the model was done takes nothing away.
        match read {
            Err(error @ GeminiError::Blocked(_)) => Err(error),
            Err(error) if !accumulator.is_finished() => Err(error),
            _ => accumulator.end(writing.max_output_tokens),
        }
    }

    async fn follow(
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
                if accumulator.take(read(model, &frame)?)? {
                    on_text(accumulator.text());
                }
            }
            if over {
                return Ok(());
            }
        }
    }
}

impl Writing<'_> {
    fn request(&self) -> GenerateRequest {
        GenerateRequest {
            system_instruction: Some(self.system)
                .filter(|system| !system.trim().is_empty())
                .map(|system| Content::text(None, system)),
            contents: self.contents(),
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

    /// The conversation as the API wants it: it begins and ends with the user, roles take turns, and
    /// nothing is empty.
    fn contents(&self) -> Vec<Content> {
        let mut turns: Vec<(&'static str, String)> = Vec::new();
        let history = self.history.iter().filter_map(|turn| match turn.role {
            Speaker::User => Some(("user", turn.content.as_str())),
            Speaker::Model => Some(("model", turn.content.as_str())),
            Speaker::Other => None,
        });
        let user = if self.user.trim().is_empty() { "(nothing)" } else { self.user };
        for (role, text) in history.chain([("user", user)]).filter(|(_, text)| !text.trim().is_empty()) {
            match turns.last_mut() {
                Some((last, so_far)) if *last == role => {
                    so_far.push_str("\n\n");
                    so_far.push_str(text);
                }
                None if role == "model" => {}
                _ => turns.push((role, text.to_owned())),
            }
        }
        turns.into_iter().map(|(role, text)| Content::text(Some(role), text)).collect()
    }
}

/// A frame of the stream as a chunk of the answer.
fn read(model: &str, frame: &Frame) -> Result<GenerateResponse, GeminiError> {
    let unreadable = |why: &str| GeminiError::transient(format!("the stream of {model} cannot be read: {why}"));
    let (Frame::Data(text) | Frame::Stray(text)) = frame;
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
    if let Some(error) = WireError::read(&value) {
        return Err(failure::of_stream_error(model, error, Timestamp::now()));
    }
    match frame {
        Frame::Data(_) if value.is_object() => {
            serde_json::from_value(value).map_err(|error| unreadable(&error.to_string()))
        }
        Frame::Data(_) => Err(unreadable("it is no object")),
        Frame::Stray(_) => Err(unreadable("it contains something else than events")),
    }
}

fn unreadable(error: SseError) -> GeminiError {
    GeminiError::transient(format!("the stream cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn turn(role: Speaker, content: &str) -> Turn {
        Turn::new(role, content)
    }

    #[test]
    fn the_request_has_the_form_the_api_wants() {
        let writing = Writing {
            system: "Be brief.",
            history: &[],
            user: "Hi",
            max_output_tokens: 2048,
            thinking: Some(ThinkingLevel::Low),
        };
        let request = serde_json::to_value(writing.request()).unwrap();
        let expected = json!({
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {"maxOutputTokens": 2048,
                "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": false}},
            "safetySettings": SAFETY.map(|category| json!({"category": category, "threshold": "BLOCK_ONLY_HIGH"})),
            "store": false,
        });
        assert_eq!(request, expected);
        let bare = serde_json::to_value(Writing { system: " ", thinking: None, ..writing }.request()).unwrap();
        assert_eq!(bare.get("systemInstruction"), None);
        assert_eq!(bare["generationConfig"], json!({"maxOutputTokens": 2048}));
        assert_eq!(bare["store"], json!(false));
    }

    #[test]
    fn roles_take_turns_and_the_user_begins_and_ends() {
        let history = [
            turn(Speaker::Model, "Welcome!"),
            turn(Speaker::User, "one"),
            turn(Speaker::User, "two"),
            turn(Speaker::Other, "noise"),
            turn(Speaker::Model, ""),
            turn(Speaker::User, "three"),
            turn(Speaker::Model, "four"),
            turn(Speaker::User, "five"),
        ];
        let writing = Writing { system: "", history: &history, user: "six", max_output_tokens: 1, thinking: None };
        let contents = serde_json::to_value(writing.contents()).unwrap();
        let expected = json!([
            {"role": "user", "parts": [{"text": "one\n\ntwo\n\nthree"}]},
            {"role": "model", "parts": [{"text": "four"}]},
            {"role": "user", "parts": [{"text": "five\n\nsix"}]},
        ]);
        assert_eq!(contents, expected);
        let empty = Writing { user: " ", history: &[], ..writing }.contents();
        assert_eq!(empty, [Content::text(Some("user"), "(nothing)")]);
    }

    #[test]
    fn an_error_is_understood_wherever_it_stands() {
        let error = json!({"error": {"code": 503, "message": "overloaded"}}).to_string();
        for frame in [Frame::Data(error.clone()), Frame::Stray(format!("[{error}]\n"))] {
            let error = read("m", &frame).unwrap_err();
            assert!(matches!(&error, GeminiError::Transient { message, .. } if message.contains("overloaded")));
        }
        for garbage in [Frame::Data("{\"cand".to_owned()), Frame::Data("[]".to_owned()), Frame::Stray("<p>".to_owned())]
        {
            assert!(matches!(read("m", &garbage), Err(GeminiError::Transient { .. })), "{garbage:?}");
        }
    }
}
