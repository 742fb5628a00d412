//! Where an answer goes, and how its text gets there.

use super::extras::ReplyExtras;
use crate::discord::{
    ids::{self, EventId, ToEventId},
    model::{ApplicationId, ChannelId, MessageId},
    rest::{MessageBody, PostedMessage, Rest, RestError},
};
use jiff::{SignedDuration, Timestamp};
use rtfm_shared::event::{self, ReplyTo, Response, snowflake};

/// Messages over an hour old take few edits.
const OLD: SignedDuration = SignedDuration::from_mins(50);

/// A place on Discord that becomes an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReplyTarget {
    /// A message of the bot's.
    Placeholder { channel: ChannelId, message: MessageId },
    /// The answer to a command.
    Interaction {
        /// Where it was given.
        channel: ChannelId,
        /// Whose command it was.
        application: ApplicationId,
        /// What the answer is changed with, for 15 minutes.
        token: String,
        /// Whether the asker alone sees it.
        private: bool,
    },
    /// No place was kept: a reply to the message that asked.
    Reply {
        channel: ChannelId,
        /// The message that asked.
        original: MessageId,
    },
}

impl ReplyTarget {
    /// Where a response goes; `None` when it does not belong to Discord.
    pub(crate) fn of_response(response: &Response) -> Option<Self> {
        Self::kept(&response.channel_id, &response.reply).or_else(|| {
            // Producers that know only the plain fields keep no place; others keep one of their own.
            let plain = response.reply == ReplyTo::default();
            let channel = response.channel_id.discord_id()?;
            let original = response.original_message_id.discord_id()?;
            plain.then_some(Self::Reply { channel, original })
        })
    }

    /// The place that was kept when the question was asked.
    pub(crate) fn kept(asked_in: &event::ChannelId, reply: &ReplyTo) -> Option<Self> {
        let channel = asked_in.discord_id()?;
        if let Some(placeholder) = &reply.placeholder_id {
            return Some(Self::Placeholder { channel, message: placeholder.discord_id()? });
        }
        let application = ids::parse(reply.application_id.as_ref()?).map(ApplicationId::new)?;
        let private = ReplyExtras::of(reply).private;
        Some(Self::Interaction { channel, application, token: reply.interaction_token.clone()?, private })
    }

    /// The channel it is in.
    pub(crate) fn channel(&self) -> ChannelId {
        match self {
            Self::Placeholder { channel, .. } | Self::Interaction { channel, .. } | Self::Reply { channel, .. } => {
                *channel
            }
        }
    }

    /// As the query carries it.
    pub(crate) fn reply_to(&self) -> ReplyTo {
        match self {
            Self::Placeholder { message, .. } => {
                ReplyTo { placeholder_id: Some(message.event_id()), ..ReplyTo::default() }
            }
            Self::Interaction { application, token, .. } => ReplyTo {
                application_id: Some(application.to_string()),
                interaction_token: Some(token.clone()),
                ..ReplyTo::default()
            },
            Self::Reply { .. } => ReplyTo::default(),
        }
    }

    /// Whether the asker alone sees it, so that nothing of it may appear elsewhere.
    pub(super) fn is_private(&self) -> bool {
        matches!(self, Self::Interaction { private: true, .. })
    }

    /// Whether it is a message that cannot be changed often any more: an answer from before that is asked again. Its
    /// few edits are kept for the final text.
    pub(super) fn is_old(&self) -> bool {
        let Self::Placeholder { message, .. } = self else { return false };
        Timestamp::now().duration_since(snowflake::created_at(message.get())) > OLD
    }

    /// What it says now; `None` when nothing has been posted there.
    pub(super) async fn read(&self, rest: &Rest) -> Result<Option<PostedMessage>, RestError> {
        match self {
            Self::Placeholder { channel, message } => rest.posted(*channel, *message).await.map(Some),
            Self::Interaction { application, token, .. } => rest.original(*application, token).await.map(Some),
            Self::Reply { .. } => Ok(None),
        }
    }

    /// Edits the message there, and returns its id; `None` when there is none to edit.
    pub(crate) async fn write(&self, rest: &Rest, words: &MessageBody<'_>) -> Result<Option<MessageId>, RestError> {
        match self {
            Self::Placeholder { channel, message } => {
                rest.edit(*channel, *message, words).await.map(|()| Some(*message))
            }
            Self::Interaction { application, token, .. } => {
                rest.edit_original(*application, token, words).await.map(|message| Some(message.id))
            }
            Self::Reply { .. } => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtfm_shared::event::Query;

    fn response(channel: &str, original: &str, reply: ReplyTo) -> Response {
        let query =
            Query { channel_id: channel.into(), original_message_id: original.into(), reply, ..Query::default() };
        Response::to(&query)
    }

    #[test]
    fn the_place_that_was_kept_comes_first() {
        let reply = ReplyTo { placeholder_id: Some(5.into()), ..ReplyTo::default() };
        let target = ReplyTarget::Placeholder { channel: ChannelId::new(1), message: MessageId::new(5) };
        assert_eq!(ReplyTarget::of_response(&response("1", "2", reply)), Some(target));
        let reply = ReplyTo {
            application_id: Some("9".to_owned()),
            interaction_token: Some("token".to_owned()),
            ..ReplyTo::default()
        };
        let target = ReplyTarget::Interaction {
            channel: ChannelId::new(1),
            application: ApplicationId::new(9),
            token: "token".into(),
            private: false,
        };
        assert_eq!(ReplyTarget::of_response(&response("1", "2", reply)), Some(target));
    }

    #[test]
    fn the_few_edits_of_an_old_message_are_kept_for_the_answer() {
        let is_old = |minutes: i64| {
            let millisecond = Timestamp::now().as_millisecond() - minutes * 60_000 - 1_420_070_400_000;
            let message = MessageId::new(u64::try_from(millisecond).unwrap() << 22);
            ReplyTarget::Placeholder { channel: ChannelId::new(1), message }.is_old()
        };
        assert!(!is_old(0) && !is_old(49));
        assert!(is_old(51) && is_old(5000));
    }

    #[test]
    fn plain_responses_reply_to_the_message_that_asked() {
        let target = ReplyTarget::Reply { channel: ChannelId::new(1), original: MessageId::new(2) };
        assert_eq!(ReplyTarget::of_response(&response("1", "2", ReplyTo::default())), Some(target));
    }

    #[test]
    fn what_others_asked_is_theirs() {
        let mut terminal = ReplyTo::default();
        terminal.other.insert("terminal".to_owned(), true.into());
        for response in [
            response("1", "2", terminal),
            response("1", "", ReplyTo::default()),
            response("terminal", "2", ReplyTo::default()),
            response("1", "0", ReplyTo::default()),
        ] {
            assert_eq!(ReplyTarget::of_response(&response), None, "{response:?}");
        }
    }
}
