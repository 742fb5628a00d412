//! Lenient decoding of optional values from older and other producers, and schemas of enums that can grow.

use schemars::{Schema, json_schema};
use serde::{Deserialize, Deserializer};

/// For `#[serde(deserialize_with)]` beside `default`: null counts as absent.
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// For `#[schemars(transform)]` on an enum with a catch-all variant: lists the known words and allows others, which
/// newer producers may send.
pub(super) fn open_enum(schema: &mut Schema) {
    let mut known = std::mem::take(schema);
    let description = known.remove("description");
    *schema = json_schema!({
        "anyOf": [known, {"type": "string", "description": "Words that this version does not know are valid."}],
    });
    if let Some(description) = description {
        schema.insert("description".to_owned(), description);
    }
}
