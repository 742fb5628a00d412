//! A page of a channel's messages: newest first, by `limit`, `before`, `after` or `around`.

use std::collections::BTreeMap;

use serenity::all::MessageId;

use super::reply::DiscordError;
use crate::discord::world::Message;

const DEFAULT: usize = 50;
const MOST: usize = 100;

/// The messages a query asks for.
pub(crate) fn page<'a>(
    messages: &'a BTreeMap<MessageId, Message>,
    query: &BTreeMap<String, String>,
) -> Result<Vec<&'a Message>, DiscordError> {
    let limit = match query.get("limit") {
        None => DEFAULT,
        Some(text) => match text.parse::<usize>() {
            Ok(limit @ 1..=MOST) => limit,
            _ => {
                let message = "int value should be between 1 and 100.";
                return Err(DiscordError::form("limit", "NUMBER_TYPE_MAX", message));
            }
        },
    };
    let cursor = |name: &str| match query.get(name).map(|text| text.parse::<MessageId>()) {
        None => Ok(None),
        Some(Ok(id)) => Ok(Some(id)),
        Some(Err(_)) => {
            Err(DiscordError::form(name, "NUMBER_TYPE_COERCE", &format!("Value is not a snowflake: {name}.")))
        }
    };
    // Ephemeral messages are not part of the channel.
    let older_first = || messages.values().filter(|message| !message.is_ephemeral());
    let newest_first = || older_first().rev();
    let mut page: Vec<&Message> = if let Some(around) = cursor("around")? {
        let newer = older_first().filter(|message| message.id > around).take(limit / 2);
        let older = newest_first().filter(|message| message.id <= around).take(limit - limit / 2);
        newer.chain(older).collect()
    } else if let Some(before) = cursor("before")? {
        newest_first().filter(|message| message.id < before).take(limit).collect()
    } else if let Some(after) = cursor("after")? {
        older_first().filter(|message| message.id > after).take(limit).collect()
    } else {
        newest_first().take(limit).collect()
    };
    page.sort_by_key(|message| std::cmp::Reverse(message.id));
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serenity::all::{ChannelId, UserId};

    fn ids(query: &[(&str, &str)]) -> Vec<u64> {
        let messages = (1..=200)
            .map(|id| (MessageId::new(id), Message::new(MessageId::new(id), ChannelId::new(1), UserId::new(1), 0)))
            .collect();
        let query = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        page(&messages, &query).unwrap().iter().map(|message| message.id.get()).collect()
    }

    #[test]
    fn pages_are_newest_first_whatever_they_are_asked_by() {
        assert_eq!(ids(&[]).len(), 50);
        assert_eq!(ids(&[("limit", "3")]), [200, 199, 198]);
        assert_eq!(ids(&[("limit", "3"), ("before", "100")]), [99, 98, 97]);
        assert_eq!(ids(&[("limit", "3"), ("after", "100")]), [103, 102, 101]);
        assert_eq!(ids(&[("limit", "4"), ("around", "100")]), [102, 101, 100, 99]);
    }

    #[test]
    fn a_limit_out_of_bounds_is_a_form_error() {
        let query = BTreeMap::from([("limit".to_owned(), "101".to_owned())]);
        assert_eq!(page(&BTreeMap::new(), &query).unwrap_err().code, 50035);
    }
}
