//! The message that will become the answer. Its nonce is made from the id of the message that asked, so
//! Discord itself sees to it that there is one, however often and by how many instances it is tried.

use crate::{
    reply::SEARCHING,
    rest::{Rest, retries, worth_retrying},
};
use serenity::model::{channel::Message, id::MessageId};
use tokio::time::Instant;

/// The answer to an empty question.
pub(crate) const HINT: &str = "Ask me something about what was said here, for example: `RTFM how do I run the tests?` \
     You can also mention me, reply to one of my answers, or use `/ask`.";

/// Posts the placeholder as a reply; `None`, with the reason logged, when that cannot be done.
pub(super) async fn post(rest: &Rest, asked_by: &Message, until: Instant) -> Option<MessageId> {
    reply(rest, asked_by, SEARCHING, "q", until).await
}

/// Answers a question that asks nothing.
pub(super) async fn hint(rest: &Rest, asked_by: &Message, until: Instant) {
    reply(rest, asked_by, HINT, "h", until).await;
}

/// Says why a question is not taken.
pub(super) async fn refuse(rest: &Rest, asked_by: &Message, words: &str, until: Instant) {
    reply(rest, asked_by, words, "n", until).await;
}

async fn reply(rest: &Rest, asked_by: &Message, text: &str, kind: &str, until: Instant) -> Option<MessageId> {
    let nonce = format!("{kind}{}", asked_by.id);
    let mut delays = retries();
    loop {
        let error = match rest.create(asked_by.channel_id, &text.into(), &nonce, Some(asked_by.id)).await {
            Ok(message) => return Some(message.id),
            Err(error) => error,
        };
        let delay = delays.next().unwrap_or_default();
        if !worth_retrying(&error) || Instant::now() + delay >= until {
            tracing::warn!(channel = %asked_by.channel_id, message = %asked_by.id, %error, "cannot reply to a question");
            return None;
        }
        tokio::time::sleep(delay).await;
    }
}
