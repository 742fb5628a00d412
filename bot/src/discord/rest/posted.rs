//! The bot's own messages as Discord returns them. Of the answer to a request only what the bot needs is read, so that a
//! field that this version does not know cannot make a request that worked look like a failure.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use serenity::model::{channel::MessageFlags, id::MessageId};

/// A message that the bot posted.
#[derive(Debug, Deserialize)]
pub(crate) struct PostedMessage {
    pub(crate) id: MessageId,
    /// Empty if it cannot be read.
    #[serde(default, deserialize_with = "readable")]
    pub(crate) content: String,
    #[serde(default, deserialize_with = "readable")]
    pub(crate) flags: Option<MessageFlags>,
}

/// A value, or the default for one that this version cannot read.
fn readable<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(value: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(value)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_id_is_needed() {
        for mut message in [json!({}), json!({"content": null, "flags": "many", "type": "of next year", "author": 7})] {
            message["id"] = json!("5");
            let posted: PostedMessage = serde_json::from_value(message).unwrap();
            assert_eq!((posted.id.get(), posted.content.as_str(), posted.flags), (5, "", None));
        }
        let posted: PostedMessage = serde_json::from_value(json!({"id": "5", "content": "a", "flags": 128})).unwrap();
        assert_eq!((posted.content.as_str(), posted.flags), ("a", Some(MessageFlags::LOADING)));
    }
}
