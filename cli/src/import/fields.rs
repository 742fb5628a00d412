//! Reads fields of a JSON object; errors name the field and what is wrong with it.

use jiff::Timestamp;
use rtfm_shared::event::{MessageId, time};
use serde_json::Value;

/// A field is missing or has the wrong form.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("field {field} {problem}")]
pub(crate) struct FieldError {
    field: &'static str,
    problem: String,
}

fn error(field: &'static str, problem: String) -> FieldError {
    FieldError { field, problem }
}

fn wrong(field: &'static str, value: &Value, expected: &str) -> FieldError {
    let found = match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    error(field, format!("is {found}, not {expected}"))
}

fn present<'a>(object: &'a Value, field: &str) -> Option<&'a Value> {
    object.get(field).filter(|value| !value.is_null())
}

fn missing(field: &'static str) -> FieldError {
    error(field, "is missing".to_owned())
}

pub(super) fn optional<'a>(object: &'a Value, field: &'static str) -> Result<Option<&'a str>, FieldError> {
    present(object, field).map(|value| value.as_str().ok_or_else(|| wrong(field, value, "a text"))).transpose()
}

pub(super) fn required<'a>(object: &'a Value, field: &'static str) -> Result<&'a str, FieldError> {
    optional(object, field)?.ok_or_else(|| missing(field))
}

pub(super) fn object<'a>(object: &'a Value, field: &'static str) -> Result<&'a Value, FieldError> {
    let value = present(object, field).ok_or_else(|| missing(field))?;
    if value.is_object() { Ok(value) } else { Err(wrong(field, value, "an object")) }
}

pub(super) fn list<'a>(object: &'a Value, field: &'static str) -> Result<&'a [Value], FieldError> {
    match present(object, field) {
        None => Ok(&[]),
        Some(Value::Array(values)) => Ok(values),
        Some(other) => Err(wrong(field, other, "a list")),
    }
}

pub(super) fn flag(object: &Value, field: &'static str) -> Result<bool, FieldError> {
    match present(object, field) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| wrong(field, value, "true or false")),
    }
}

pub(super) fn snowflake(object: &Value, field: &'static str) -> Result<MessageId, FieldError> {
    let text = required(object, field)?;
    let id = MessageId::from(text);
    match id.snowflake() {
        Some(_) => Ok(id),
        None => Err(error(field, format!("is {text:?}, not a snowflake"))),
    }
}

pub(super) fn optional_instant(object: &Value, field: &'static str) -> Result<Option<Timestamp>, FieldError> {
    optional(object, field)?
        .map(|text| time::parse(text).map_err(|_| error(field, format!("is {text:?}, not an RFC 3339 time"))))
        .transpose()
}

pub(super) fn instant(object: &Value, field: &'static str) -> Result<Timestamp, FieldError> {
    optional_instant(object, field)?.ok_or_else(|| missing(field))
}
