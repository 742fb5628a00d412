//! Reading more than we write: what older and other producers may send where a value is optional, and
//! schemas that say that enums grow.

use schemars::{Schema, json_schema};
use serde::{Deserialize, Deserializer};

/// For `#[serde(deserialize_with)]` beside `default`: a null counts as absent.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// For `#[schemars(transform)]` on an enum with a catch-all arm: the known words are named, others are
/// valid, since a newer producer may know more.
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
