//! Answering interactions: commands and clicks. The first answer must come within three seconds; it, or what was
//! promised by it, can be changed for fifteen minutes with the interaction's token.

use super::{MessageBody, Rest, RestError, timed};
use serenity::{
    builder::{
        CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseFollowup,
        CreateInteractionResponseMessage, EditInteractionResponse,
    },
    model::{
        application::{CommandInteraction, ComponentInteraction},
        channel::{Message, MessageFlags},
        id::{ApplicationId, InteractionId},
    },
};

/// What is needed to answer an interaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InteractionRef<'a> {
    pub(crate) id: InteractionId,
    pub(crate) token: &'a str,
}

impl<'a> From<&'a CommandInteraction> for InteractionRef<'a> {
    fn from(command: &'a CommandInteraction) -> Self {
        Self { id: command.id, token: &command.token }
    }
}

impl<'a> From<&'a ComponentInteraction> for InteractionRef<'a> {
    fn from(click: &'a ComponentInteraction) -> Self {
        Self { id: click.id, token: &click.token }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Ack<'a> {
    /// A message for everyone will follow.
    Defer,
    /// A message that only the user sees will follow.
    DeferPrivately,
    /// The clicked message may be edited later.
    DeferUpdate,
    /// The clicked message becomes this one.
    Update(MessageBody<'a>),
    /// A message that only the user sees.
    Private(&'a str),
}

impl Rest {
    /// Answers an interaction first.
    pub(crate) async fn acknowledge(&self, ticket: InteractionRef<'_>, ack: &Ack<'_>) -> Result<(), RestError> {
        let message = || CreateInteractionResponseMessage::new().allowed_mentions(CreateAllowedMentions::new());
        let (kind, response) = match ack {
            Ack::Defer => ("defer", CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new())),
            Ack::DeferPrivately => {
                let private = CreateInteractionResponseMessage::new().ephemeral(true);
                ("defer", CreateInteractionResponse::Defer(private))
            }
            Ack::DeferUpdate => ("defer", CreateInteractionResponse::Acknowledge),
            Ack::Update(words) => {
                let words = message().content(words.text).components(words.rows.clone());
                ("respond", CreateInteractionResponse::UpdateMessage(words))
            }
            Ack::Private(text) => {
                ("respond", CreateInteractionResponse::Message(message().content(*text).ephemeral(true)))
            }
        };
        timed(kind, self.http.create_interaction_response(ticket.id, ticket.token, &response, Vec::new())).await
    }

    /// Changes the answer to an interaction, or the message that was clicked.
    pub(crate) async fn edit_original(
        &self,
        application: ApplicationId,
        token: &str,
        words: &MessageBody<'_>,
    ) -> Result<Message, RestError> {
        self.needs(application);
        let edit = EditInteractionResponse::new()
            .content(words.text)
            .components(words.rows.clone())
            .allowed_mentions(CreateAllowedMentions::new())
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        timed("edit_original", self.http.edit_original_interaction_response(token, &edit, Vec::new())).await
    }

    /// The answer to an interaction as it reads now.
    pub(crate) async fn original(&self, application: ApplicationId, token: &str) -> Result<Message, RestError> {
        self.needs(application);
        timed("get_original", self.http.get_original_interaction_response(token)).await
    }

    /// Deletes the answer to an interaction, or the message that was clicked.
    pub(crate) async fn delete_original(&self, application: ApplicationId, token: &str) -> Result<(), RestError> {
        self.needs(application);
        timed("delete", self.http.delete_original_interaction_response(token)).await
    }

    /// Adds to the answer to an interaction. A rate limit is an error, which says that it was not done.
    pub(crate) async fn follow_up(
        &self,
        application: ApplicationId,
        token: &str,
        words: &MessageBody<'_>,
        private: bool,
    ) -> Result<Message, RestError> {
        self.needs(application);
        let flags = MessageFlags::SUPPRESS_EMBEDS;
        let message = CreateInteractionResponseFollowup::new()
            .content(words.text)
            .components(words.rows.clone())
            .allowed_mentions(CreateAllowedMentions::new())
            .flags(if private { flags | MessageFlags::EPHEMERAL } else { flags });
        timed("follow_up", self.unrepeated.create_followup_message(token, &message, Vec::new())).await
    }

    /// An instance that has not received READY yet learns its application from the response.
    fn needs(&self, application: ApplicationId) {
        if self.http.application_id().is_none() {
            self.http.set_application_id(application);
            self.unrepeated.set_application_id(application);
        }
    }
}
