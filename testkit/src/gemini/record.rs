//! Recorded requests.

use serde_json::Value;

/// The methods of the API that the double knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `generateContent`
    Generate,
    /// `streamGenerateContent`
    Stream,
    /// `embedContent`
    Embed,
    /// `batchEmbedContents`
    BatchEmbed,
    /// `GET /models`
    ListModels,
}

impl Method {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "generateContent" => Self::Generate,
            "streamGenerateContent" => Self::Stream,
            "embedContent" => Self::Embed,
            "batchEmbedContents" => Self::BatchEmbed,
            _ => return None,
        })
    }

    /// Whether it writes.
    pub fn generates(self) -> bool {
        matches!(self, Self::Generate | Self::Stream)
    }

    /// Whether it makes vectors.
    pub fn embeds(self) -> bool {
        matches!(self, Self::Embed | Self::BatchEmbed)
    }
}

/// A request that came.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The model; empty for the list of models.
    pub model: String,
    /// The body; null without one.
    pub body: Value,
    /// Why it was refused as wrong; none for a right request, whatever became of it.
    pub refusal: Option<String>,
}

impl RecordedRequest {
    /// The system instruction.
    pub fn system_text(&self) -> String {
        joined(&self.body["systemInstruction"])
    }

    /// The last text of the user.
    pub fn user_text(&self) -> String {
        let mut contents = self.body["contents"].as_array().into_iter().flatten();
        contents.rfind(|content| content["role"] == "user").map(joined).unwrap_or_default()
    }

    /// The conversation: roles and texts.
    pub fn turns(&self) -> Vec<(String, String)> {
        let contents = self.body["contents"].as_array().into_iter().flatten();
        contents.map(|content| (content["role"].as_str().unwrap_or_default().to_owned(), joined(content))).collect()
    }

    /// The texts to embed, as they were sent.
    pub fn embedded_texts(&self) -> Vec<String> {
        match self.method {
            Method::Embed => vec![joined(&self.body["content"])],
            _ => self.embed_requests().map(|request| joined(&request["content"])).collect(),
        }
    }

    pub(super) fn embed_requests(&self) -> impl Iterator<Item = &Value> {
        let single = (self.method == Method::Embed).then_some(&self.body);
        single.into_iter().chain(self.body["requests"].as_array().into_iter().flatten())
    }
}

fn joined(content: &Value) -> String {
    content["parts"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str()).collect()
}
