//! An interaction: its token, its deadlines, and how it was acknowledged.

use std::time::{Duration, Instant};

use serde_json::Value;
use serenity::all::{ChannelId, GuildId, InteractionId, MessageId, UserId};

use crate::discord::state::State;

/// The time limit of the first answer.
pub(crate) const FIRST_ANSWER: Duration = Duration::from_secs(3);
/// The token's lifetime.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// How the application first answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Acknowledgement {
    /// With a message (type 4).
    Message,
    /// With a promise of one (type 5).
    Deferred,
    /// A component: with nothing to see yet (type 6).
    DeferredUpdate,
    /// A component: by changing its message (type 7).
    Update,
    /// With choices for an option being typed (type 8), as sent.
    Choices(Value),
    /// With a form to fill in (type 9), as sent.
    Modal(Value),
}

/// One interaction.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) id: InteractionId,
    pub(crate) token: String,
    pub(crate) user: UserId,
    pub(crate) guild: Option<GuildId>,
    pub(crate) channel: ChannelId,
    /// 2 command, 3 component, 4 autocomplete, 5 modal.
    pub(crate) kind: u64,
    pub(crate) name: String,
    /// The message a clicked component is on.
    pub(crate) source: Option<MessageId>,
    pub(crate) born: Instant,
    pub(crate) born_advanced: Duration,
    pub(crate) acknowledged: Option<Acknowledgement>,
    pub(crate) acknowledged_after: Option<Duration>,
    /// The message `@original` names.
    pub(crate) original: Option<MessageId>,
    pub(crate) followups: Vec<MessageId>,
}

impl State {
    /// An interaction's age. Only the test's clock counts unless the test asks for real deadlines, so that a slow
    /// machine decides no test.
    pub(crate) fn age(&self, interaction: &Interaction) -> Duration {
        let advanced = self.world.clock.advanced().saturating_sub(interaction.born_advanced);
        if self.settings.real_deadlines { advanced + interaction.born.elapsed() } else { advanced }
    }

    /// The interaction with this token, until the token expires.
    pub(crate) fn by_token(&self, token: &str) -> Option<&Interaction> {
        let interaction = self.interactions.values().find(|interaction| interaction.token == token)?;
        (self.age(interaction) <= TOKEN_LIFE).then_some(interaction)
    }
}
