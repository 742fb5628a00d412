//! Answering interactions: commands and clicks. The first answer must come within three seconds; it, or what was
//! promised by it, can be changed for fifteen minutes with the interaction's token.

use super::{MessageBody, PostedMessage, Rest, RestError, send, timed};
use serde::de::IgnoredAny;
use serenity::{
    builder::{
        CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseFollowup,
        CreateInteractionResponseMessage, EditInteractionResponse,
    },
    http::{LightMethod, Request, Route},
    model::{
        application::{CommandInteraction, ComponentInteraction},
        channel::MessageFlags,
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
    ) -> Result<PostedMessage, RestError> {
        self.needs(application);
        let edit = EditInteractionResponse::new()
            .content(words.text)
            .components(words.rows.clone())
            .allowed_mentions(CreateAllowedMentions::new())
            .flags(MessageFlags::SUPPRESS_EMBEDS);
        let route = Route::WebhookOriginalInteractionResponse { application_id: application, token };
        timed("edit_original", send(&self.http, route, LightMethod::Patch, &edit)).await
    }

    /// The answer to an interaction as it reads now.
    pub(crate) async fn original(&self, application: ApplicationId, token: &str) -> Result<PostedMessage, RestError> {
        self.needs(application);
        let route = Route::WebhookOriginalInteractionResponse { application_id: application, token };
        timed("get_original", self.http.fire(Request::new(route, LightMethod::Get))).await
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
    ) -> Result<(), RestError> {
        self.needs(application);
        let flags = MessageFlags::SUPPRESS_EMBEDS;
        let message = CreateInteractionResponseFollowup::new()
            .content(words.text)
            .components(words.rows.clone())
            .allowed_mentions(CreateAllowedMentions::new())
            .flags(if private { flags | MessageFlags::EPHEMERAL } else { flags });
        let route = Route::WebhookFollowupMessages { application_id: application, token };
        timed("follow_up", send::<IgnoredAny>(&self.unrepeated, route, LightMethod::Post, &message)).await.map(drop)
    }

    /// An instance that has not received READY yet learns its application from the response.
    fn needs(&self, application: ApplicationId) {
        if self.http.application_id().is_none() {
            self.http.set_application_id(application);
            self.unrepeated.set_application_id(application);
        }
    }
}
