//! Answers out: a response becomes the placeholder's text, whichever instance gets it and however often.
//! Everything needed is in the response and on Discord; nothing depends on this instance.

use super::{
    ReplyExtras,
    in_flight::{InFlightAnswers, is_open},
    render::render,
    rows::under,
    target::ReplyTarget,
    timeout::is_timeout_notice,
};
use crate::discord::{
    ids::EventId,
    model::{ChannelId, Message, MessageId},
    rest::{MessageBody, PostedMessage, Rest, RestError, code},
};
use async_trait::async_trait;
use rtfm_shared::{
    bus::Record,
    event::{Envelope, ReplyTo, Response},
    resilience::{Class, Classify},
    worker::{Failure, Handler},
};
use std::sync::Arc;
use tracing::{Instrument, info_span};

/// The note on an answer whose thread was closed before it came.
const CLOSED: &str = "The thread for this answer was closed meanwhile, so I answered here.";

/// The consumer of `bot-responses`.
pub(crate) struct Delivery {
    pub(crate) rest: Arc<Rest>,
    pub(crate) in_flight: Arc<InFlightAnswers>,
}

#[async_trait]
impl Handler for Delivery {
    type Item = Response;

    fn decode(&self, record: &Record) -> Result<Response, Failure> {
        Ok(Envelope::decode(record)?.event)
    }

    fn query_id(&self, response: &Response) -> Option<String> {
        Some(response.query_id.0.clone())
    }

    async fn handle(&self, batch: &[Response]) -> Result<(), Failure> {
        for response in batch {
            let Some(target) = ReplyTarget::of_response(response) else { continue };
            let answer = self.in_flight.answer(&response.query_id);
            answer.begin_final();
            let _turn = answer.turn.lock().await;
            let delivering = self.deliver(response, answer.kept(), target, answer.is_shown());
            match delivering.instrument(info_span!("deliver")).await {
                Ok(()) => answer.set_shown(),
                // A replay would not help against a refusal of Discord's, so it is logged and not dead-lettered.
                Err(error) if error.class() == Class::Permanent => {
                    metrics::counter!("rtfm_discord_answers_undeliverable_total").increment(1);
                    tracing::warn!(query = %response.query_id, channel = %response.channel_id, %error, "failed to deliver an answer");
                }
                Err(error) => return Err(Failure::of("discord", &error)),
            }
        }
        Ok(())
    }
}

impl Delivery {
    async fn deliver(
        &self,
        response: &Response,
        kept: Option<ReplyTarget>,
        target: ReplyTarget,
        shown: bool,
    ) -> Result<(), RestError> {
        let target = self.own_target(kept, target).await?;
        let error = match self.deliver_to(response, &target, shown).await {
            Err(error) if error.is_closed_there() => error,
            other => return other,
        };
        // The thread was closed or deleted meanwhile; its channel has the same audience.
        let mut extras = ReplyExtras::of(&response.reply);
        let parent = extras.parent.take().and_then(|parent| parent.discord_id());
        let (Some(channel), Some(original)) = (parent, response.original_message_id.discord_id()) else {
            return Err(error);
        };
        tracing::info!(query = %response.query_id, %error, "failed to answer in a thread, answering in the channel");
        extras.note = Some(CLOSED.to_owned());
        let moved = Response { reply: extras.put(ReplyTo::default()), ..response.clone() };
        self.deliver_to(&moved, &ReplyTarget::Reply { channel, original }, shown).await
    }

    async fn deliver_to(&self, response: &Response, target: &ReplyTarget, shown: bool) -> Result<(), RestError> {
        let parts = render(response);
        let Some((first, rest)) = parts.split_first() else { return Ok(()) };
        let earlier = self.earlier(target).await?;
        // A question that is processed twice has two responses with different texts: the first one stays.
        if earlier.as_ref().is_some_and(|message| !same(&message.content, first)) {
            return Ok(());
        }
        // The last part gets the buttons.
        let rows = if rest.is_empty() { under(response, 1, None) } else { Vec::new() };
        let words = MessageBody { text: first, rows };
        self.in_flight.edited(target.channel());
        let head = match target.write(&self.rest, &words).await {
            Ok(Some(head)) => head,
            Ok(None) => self.post_anew(response, target, words).await?,
            // The answer was deleted on purpose.
            Err(error) if shown && error.code() == Some(code::UNKNOWN_MESSAGE) => return Ok(()),
            Err(error) if is_out_of_reach(target, &error) => {
                tracing::info!(query = %response.query_id, %error, "failed to edit the placeholder, posting a new message");
                let new = self.post_anew(response, target, words).await?;
                self.take_away(target, &error).await;
                new
            }
            Err(error) => return Err(error),
        };
        for (index, part) in rest.iter().enumerate() {
            let last = index + 1 == rest.len();
            let rows = if last { under(response, parts.len(), Some(head)) } else { Vec::new() };
            let words = MessageBody { text: part, rows };
            self.continue_with(response, target, head, index + 1, words, earlier.is_some()).await?;
        }
        Ok(())
    }

    /// What this instance posted when it asked, whatever the response names; then what the response names. Processors
    /// that know only the plain fields name nothing: then it is the placeholder that another instance posted under the
    /// question, or else a new reply.
    async fn own_target(&self, kept: Option<ReplyTarget>, target: ReplyTarget) -> Result<ReplyTarget, RestError> {
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let ReplyTarget::Reply { channel, original } = target else { return Ok(target) };
        let messages = match self.rest.after(channel, original).await {
            Ok(messages) => messages,
            Err(error) if error.class() == Class::Permanent => return Ok(target),
            Err(error) => return Err(error),
        };
        let me = self.rest.me().await?;
        let asks = |message: &Message| {
            let replies_to = message.message_reference.as_ref().and_then(|to| to.message_id);
            // In a thread that was started from the question, nothing can reply to it.
            replies_to == Some(original) || (replies_to.is_none() && channel.get() == original.get())
        };
        let placeholder = messages
            .iter()
            .find(|message| message.author.id == me && asks(message) && is_open(&message.content, message.flags));
        Ok(placeholder.map_or(target, |found| ReplyTarget::Placeholder { channel, message: found.id }))
    }

    /// The answer that the target shows already: then this is not the first delivery.
    async fn earlier(&self, target: &ReplyTarget) -> Result<Option<PostedMessage>, RestError> {
        match target.read(&self.rest).await {
            Ok(message) => Ok(message
                .filter(|message| !is_open(&message.content, message.flags) && !is_timeout_notice(&message.content))),
            Err(error) if error.class() == Class::Permanent => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn post_anew(
        &self,
        response: &Response,
        target: &ReplyTarget,
        words: MessageBody<'_>,
    ) -> Result<MessageId, RestError> {
        let original = response.original_message_id.discord_id();
        // A command's question is no message that could be replied to.
        let reply_to = original.filter(|_| !matches!(target, ReplyTarget::Interaction { .. }));
        let after = match target {
            ReplyTarget::Placeholder { message, .. } => Some(*message),
            _ => original,
        };
        if let Some(found) = self.find(target.channel(), after, words.text).await? {
            return Ok(found);
        }
        let nonce = nonce("a", response, 0);
        self.rest.create(target.channel(), &words, &nonce, reply_to).await.map(|message| message.id)
    }

    /// Deletes a placeholder that cannot become the answer.
    async fn take_away(&self, target: &ReplyTarget, why: &RestError) {
        let ReplyTarget::Placeholder { channel, message } = target else { return };
        if why.code() == Some(code::UNKNOWN_MESSAGE) {
            return;
        }
        if let Err(error) = self.rest.delete(*channel, *message).await {
            tracing::info!(%channel, %message, %error, "failed to delete a replaced placeholder");
        }
    }

    async fn continue_with(
        &self,
        response: &Response,
        target: &ReplyTarget,
        head: MessageId,
        index: usize,
        words: MessageBody<'_>,
        again: bool,
    ) -> Result<(), RestError> {
        if self.find(target.channel(), Some(head), words.text).await?.is_some() {
            return Ok(());
        }
        if let ReplyTarget::Interaction { application, token, private, .. } = target {
            // Follow-ups carry no nonce, so where they cannot be read a second delivery adds nothing.
            if again && (*private || self.rest.after(target.channel(), head).await.is_err()) {
                return Ok(());
            }
            match self.rest.follow_up(*application, token, &words, *private).await {
                Err(error) if error.needs_new_message() && !private => {}
                other => return other.map(drop),
            }
        }
        let nonce = nonce("c", response, index);
        self.rest.create(target.channel(), &words, &nonce, Some(head)).await.map(drop)
    }

    /// A message of the bot's after another that says this already.
    async fn find(
        &self,
        channel: ChannelId,
        after: Option<MessageId>,
        text: &str,
    ) -> Result<Option<MessageId>, RestError> {
        let Some(after) = after else { return Ok(None) };
        let messages = match self.rest.after(channel, after).await {
            Ok(messages) => messages,
            // Without the right to read history the nonce alone guards against a second message.
            Err(error) if error.class() == Class::Permanent => return Ok(None),
            Err(error) => return Err(error),
        };
        let me = self.rest.me().await?;
        Ok(messages
            .iter()
            .find(|message| message.author.id == me && same(&message.content, text))
            .map(|found| found.id))
    }
}

/// Whether a place can only be answered by a new message. What only one may see has no other place; and where an old
/// message's edits are used up, Discord may also just let one wait.
fn is_out_of_reach(target: &ReplyTarget, error: &RestError) -> bool {
    let waits = target.is_old() && matches!(error, RestError::RateLimited | RestError::TimedOut);
    !target.is_private() && (error.needs_new_message() || waits)
}

/// Discord trims what it is sent.
fn same(shown: &str, meant: &str) -> bool {
    shown.trim() == meant.trim()
}

/// The same for every delivery of an answer's part: FNV-1a of the query's id, in at most 25 characters.
fn nonce(kind: &str, response: &Response, index: usize) -> String {
    let hash = response
        .query_id
        .0
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{kind}{index}-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::Query;

    #[test]
    fn nonces_fit_and_tell_answers_and_parts_apart() {
        let of = |id: &str| Response::to(&Query { query_id: id.into(), ..Query::default() });
        assert!(nonce("c", &of("discord-message-12345678901234567890"), 4).len() <= 25);
        assert_eq!(nonce("a", &of("q1"), 0), nonce("a", &of("q1"), 0));
        assert_ne!(nonce("a", &of("q1"), 0), nonce("a", &of("q2"), 0));
        assert_ne!(nonce("c", &of("q1"), 1), nonce("c", &of("q1"), 2));
    }
}
