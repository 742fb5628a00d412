//! An interaction as the user who started it experiences it.

use std::sync::Arc;
use std::time::Duration;

use serenity::all::{InteractionId, MessageId};

use crate::discord::ops::interactions::{Acknowledgement, Interaction};
use crate::discord::state::Core;
use crate::discord::watch::wait;
use crate::discord::world::Message;

/// A test's handle on an interaction.
#[derive(Clone)]
pub struct InteractionHandle {
    core: Arc<Core>,
    id: InteractionId,
}

impl InteractionHandle {
    pub(crate) fn new(core: Arc<Core>, id: InteractionId) -> Self {
        Self { core, id }
    }

    /// Its id.
    pub fn id(&self) -> InteractionId {
        self.id
    }

    fn read<T>(&self, look: impl FnOnce(&Interaction) -> T) -> T {
        self.core.read(|state| {
            look(state.interactions.get(&self.id).unwrap_or_else(|| panic!("no interaction {}", self.id)))
        })
    }

    /// Its token, with which the application answers.
    pub fn token(&self) -> String {
        self.read(|interaction| interaction.token.clone())
    }

    /// How the application first answered, if it has.
    pub fn acknowledgement(&self) -> Option<Acknowledgement> {
        self.read(|interaction| interaction.acknowledged.clone())
    }

    /// How long the first answer took in real time.
    pub fn acknowledged_after(&self) -> Option<Duration> {
        self.read(|interaction| interaction.acknowledged_after)
    }

    /// Waits for the first answer of any kind.
    pub async fn wait_acknowledged(&self) -> Acknowledgement {
        wait::until(&self.core, "an interaction to be acknowledged", || self.acknowledgement()).await
    }

    /// The current answer; for a component, the message that contains it.
    pub fn response(&self) -> Option<Message> {
        self.core.read(|state| {
            let interaction = state.interactions.get(&self.id)?;
            state.world.message(interaction.channel, interaction.original?).cloned()
        })
    }

    /// Waits for an answer like this.
    pub async fn wait_for_response(&self, what: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        wait::until(&self.core, what, || self.response().filter(&wanted)).await
    }

    /// Waits until the answer is there and no longer loading.
    pub async fn wait_answered(&self) -> Message {
        self.wait_for_response("an interaction to be answered", |message| !message.is_loading()).await
    }

    /// The messages that followed the answer.
    pub fn followups(&self) -> Vec<Message> {
        self.core.read(|state| {
            let Some(interaction) = state.interactions.get(&self.id) else { return Vec::new() };
            let message = |id: &MessageId| state.world.message(interaction.channel, *id).cloned();
            interaction.followups.iter().filter_map(message).collect()
        })
    }
}
