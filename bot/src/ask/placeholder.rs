//! The message that will become the answer. Its nonce is made from the id of the message that asked, so
//! Discord posts it once, however often and by however many instances it is tried. Discord forgets nonces after some
//! minutes, so for an older message the bot first looks for an earlier reply.

use super::QuestionService;
use crate::{
    discord::{
        ids::instant,
        model::{ChannelId, Message, MessageId},
        rest::{MessageBody, PostedMessage, Rest, RestError},
        retry::{self, worth_retrying},
    },
    reply::{SEARCHING, is_open},
};
use backon::Retryable;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// The answer to an empty question.
pub(crate) const HINT: &str = "Ask me something about what was said here, for example: `RTFM how do I run the tests?` \
     You can also mention me, reply to one of my answers, or use `/ask`.";
/// Discord remembers nonces for longer than this.
const FRESH: Duration = Duration::from_secs(60);

/// A placeholder as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Posted {
    /// It waits for its answer.
    Open(MessageId),
    /// It has become one already.
    Answered,
}

/// Posts the placeholder, in the channel as a reply or in the thread that was started from the message.
pub(super) async fn post(
    questions: &QuestionService,
    asked_by: &Message,
    channel: ChannelId,
    until: Instant,
) -> Result<Posted, RestError> {
    if !questions.is_fresh(asked_by)
        && let Some(found) = found(&questions.rest, asked_by, channel).await
    {
        return Ok(found);
    }
    // The nonce may bring back what was posted before, which says itself what became of it.
    let posted = reply(&questions.rest, asked_by, channel, SEARCHING, "q", until).await?;
    // Without its text it is taken for what was sent.
    let is_new = posted.content.is_empty() || is_open(&posted.content, posted.flags);
    Ok(if is_new { Posted::Open(posted.id) } else { Posted::Answered })
}

/// Answers a question that asks nothing.
pub(super) async fn hint(questions: &QuestionService, asked_by: &Message, until: Instant) {
    reply_once(questions, asked_by, HINT, "h", until).await;
}

/// Replies why a question is not taken.
pub(super) async fn refuse(questions: &QuestionService, asked_by: &Message, words: &str, until: Instant) {
    reply_once(questions, asked_by, words, "n", until).await;
}

async fn reply_once(questions: &QuestionService, asked_by: &Message, words: &str, kind: &str, until: Instant) {
    if !questions.is_fresh(asked_by) && found(&questions.rest, asked_by, asked_by.channel_id).await.is_some() {
        return;
    }
    if let Err(error) = reply(&questions.rest, asked_by, asked_by.channel_id, words, kind, until).await {
        log_failure(asked_by, &error);
    }
}

/// Logs that a question gets no reply.
pub(super) fn log_failure(asked_by: &Message, error: &RestError) {
    tracing::warn!(channel = %asked_by.channel_id, message = %asked_by.id, %error, "failed to reply to a question");
}

async fn reply(
    rest: &Rest,
    asked_by: &Message,
    channel: ChannelId,
    text: &str,
    kind: &str,
    until: Instant,
) -> Result<PostedMessage, RestError> {
    let (nonce, body) = (format!("{kind}{}", asked_by.id), MessageBody::from(text));
    // A reply cannot point out of a thread.
    let reply_to = (channel == asked_by.channel_id).then_some(asked_by.id);
    let posted = (|| rest.create(channel, &body, &nonce, reply_to)).retry(retry::until(until));
    posted.when(worth_retrying).await
}

impl QuestionService {
    /// Whether Discord certainly remembers what was posted for a message: it is young, and no instance that died
    /// before this one began can have posted it.
    fn is_fresh(&self, message: &Message) -> bool {
        let said = instant(message.id.created_at());
        said >= self.times.began && Timestamp::now().duration_since(said).unsigned_abs() < FRESH
    }
}

/// The earlier reply of the bot to a message, if there is one.
async fn found(rest: &Rest, asked_by: &Message, channel: ChannelId) -> Option<Posted> {
    let me = rest.me().await.ok()?;
    let messages = rest.after(channel, asked_by.id).await;
    let messages = messages.inspect_err(|error| tracing::debug!(%error, "failed to read later messages")).ok()?;
    // In a thread of its own, the first thing that the bot says is meant.
    let in_thread = channel != asked_by.channel_id;
    let replies = |message: &Message| message.message_reference.as_ref().and_then(|to| to.message_id);
    let own = messages.iter().rev().find(|message| {
        message.author.id == me && (replies(message) == Some(asked_by.id) || (in_thread && replies(message).is_none()))
    })?;
    Some(if is_open(&own.content, own.flags) { Posted::Open(own.id) } else { Posted::Answered })
}
