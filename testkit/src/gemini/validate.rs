//! Validates requests. It is as strict as the real API, and stricter where a mistake would be costly: it refuses a
//! request that lets Google keep people's messages.

use super::{Method, RecordedRequest, error::Refusal};
use serde_json::Value;

type Checked = Result<(), Refusal>;

/// Refuses an invalid request.
pub(super) fn check(request: &RecordedRequest) -> Checked {
    match request.method {
        Method::Generate | Method::Stream => generate(&request.body),
        Method::Embed => embed(&request.body, &request.model, false),
        Method::BatchEmbed => {
            only(&request.body, "", &["requests"])?;
            let count = request.embed_requests().count();
            if count == 0 {
                return refuse("* BatchEmbedContentsRequest.requests: at least one request is required");
            }
            if count > 100 {
                return refuse("* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch");
            }
            request.embed_requests().try_for_each(|one| embed(one, &request.model, true))
        }
        Method::ListModels => Ok(()),
    }
}

fn generate(body: &Value) -> Checked {
    only(
        body,
        "",
        &[
            "contents",
            "systemInstruction",
            "generationConfig",
            "safetySettings",
            "tools",
            "toolConfig",
            "cachedContent",
            "store",
        ],
    )?;
    if body["store"] != Value::Bool(false) {
        return refuse("store must be false: these are other people's messages");
    }
    contents(&body["contents"])?;
    if let Some(system) = body.get("systemInstruction") {
        texts(system, "system_instruction")?;
    }
    for setting in body["safetySettings"].as_array().into_iter().flatten() {
        only(setting, "safety_settings", &["category", "threshold"])?;
        one_of(&setting["category"], CATEGORIES)?;
        one_of(&setting["threshold"], THRESHOLDS)?;
    }
    match body.get("generationConfig") {
        Some(config) => generation_config(config),
        None => Ok(()),
    }
}

const CATEGORIES: &[&str] = &[
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];
const THRESHOLDS: &[&str] = &["BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"];

fn contents(contents: &Value) -> Checked {
    let contents = contents.as_array().map(Vec::as_slice).unwrap_or_default();
    if contents.is_empty() {
        return refuse("* GenerateContentRequest.contents: contents is not specified");
    }
    for (n, content) in contents.iter().enumerate() {
        only(content, &format!("contents[{n}]"), &["role", "parts"])?;
        texts(content, &format!("contents[{n}]"))?;
        let expected = if n.is_multiple_of(2) { "user" } else { "model" };
        match content["role"].as_str() {
            Some(role) if role == expected => {}
            Some("user" | "model") => {
                return refuse("Please ensure that multiturn requests alternate between user and model.");
            }
            _ => return refuse("Please use a valid role: user, model."),
        }
    }
    if contents.len().is_multiple_of(2) {
        return refuse("Please ensure that multiturn requests end with a user role.");
    }
    Ok(())
}

fn texts(content: &Value, path: &str) -> Checked {
    let parts = content["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    if parts.is_empty() {
        return refuse(format!("* {path}.parts: contents.parts must not be empty."));
    }
    for part in parts {
        only(part, path, &["text"])?;
        if part["text"].as_str().is_none_or(str::is_empty) {
            return refuse(format!("* {path}.parts: required oneof field 'data' must have one initialized field"));
        }
    }
    Ok(())
}

fn generation_config(config: &Value) -> Checked {
    const DEPRECATED: &[&str] = &["temperature", "topP", "topK"];
    if let Some(field) = DEPRECATED.iter().find(|field| config.get(**field).is_some()) {
        return refuse(format!("{field} is deprecated and not supported by this model"));
    }
    only(
        config,
        "generation_config",
        &["maxOutputTokens", "thinkingConfig", "responseMimeType", "responseJsonSchema", "stopSequences", "seed"],
    )?;
    if let Some(tokens) = config.get("maxOutputTokens")
        && !tokens.as_u64().is_some_and(|tokens| (1..=65_536).contains(&tokens))
    {
        return refuse(format!("maxOutputTokens must be from 1 to 65536, not {tokens}"));
    }
    let Some(thinking) = config.get("thinkingConfig") else { return Ok(()) };
    only(thinking, "generation_config.thinking_config", &["thinkingLevel", "thinkingBudget", "includeThoughts"])?;
    match (thinking.get("thinkingLevel"), thinking.get("thinkingBudget")) {
        (Some(_), Some(_)) => refuse("You can only set only one of thinking budget and thinking level."),
        (Some(level), None) if level == "minimal" => refuse("Thinking level MINIMAL is not supported for this model."),
        (Some(level), None) => one_of(level, &["low", "medium", "high"]),
        _ => Ok(()),
    }
}

fn embed(request: &Value, model: &str, in_batch: bool) -> Checked {
    only(request, "requests[]", &["model", "content", "taskType", "title", "outputDimensionality"])?;
    let named = request.get("model").and_then(Value::as_str);
    if named.map_or(in_batch, |named| named != format!("models/{model}")) {
        return refuse(format!("* requests[].model: must be models/{model}"));
    }
    only(&request["content"], "requests[].content", &["parts", "role"])?;
    texts(&request["content"], "requests[].content")?;
    if request["content"]["parts"].as_array().is_some_and(|parts| parts.len() > 1) {
        return refuse("several parts would collapse into one vector");
    }
    let is_older = model == "gemini-embedding-001";
    // No text has more tokens than bytes, and few have more than one in four characters.
    let tokens = request["content"]["parts"][0]["text"].as_str().map_or(0, |text| text.chars().count().div_ceil(4));
    if tokens > if is_older { 2_048 } else { 8_192 } {
        return refuse(format!("The text has {tokens} tokens, which is more than {model} takes."));
    }
    match request.get("taskType") {
        Some(_) if !is_older => return refuse(format!("taskType is not supported by {model}")),
        Some(task) => one_of(task, TASKS)?,
        None => {}
    }
    match request.get("outputDimensionality").map(Value::as_u64) {
        None | Some(Some(128..=3072)) => Ok(()),
        Some(_) => refuse("outputDimensionality must be from 128 to 3072"),
    }
}

const TASKS: &[&str] = &[
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
];

/// An object with no other fields than these.
fn only(value: &Value, path: &str, fields: &[&str]) -> Checked {
    let Some(object) = value.as_object() else { return refuse(format!("Invalid value at '{path}': not an object")) };
    match object.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(key) => {
            refuse(format!("Invalid JSON payload received. Unknown name \"{key}\" at '{path}': Cannot find field."))
        }
        None => Ok(()),
    }
}

fn one_of(value: &Value, allowed: &[&str]) -> Checked {
    match value.as_str() {
        Some(text) if allowed.contains(&text) => Ok(()),
        _ => refuse(format!("Invalid value: {value} is none of {}", allowed.join(", "))),
    }
}

fn refuse(message: impl Into<String>) -> Checked {
    Err(Refusal::invalid(message))
}
