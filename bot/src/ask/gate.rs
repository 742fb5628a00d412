//! Whether a question is taken at all. Every way of asking comes through [`Desk::admit`] before anything is posted.

use super::{Asker, Desk};
use crate::gateway::parent_of;
use rtfm_shared::event::ChannelId;
use serenity::cache::Cache;
use std::time::Duration;

/// How long settings are waited for.
const AT_MOST: Duration = Duration::from_millis(800);

/// Why a question is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The server decided that no questions are answered in this channel.
    #[error("I do not answer questions in this channel; this server chose others for that.")]
    NotHere,
}

impl Refusal {
    /// Whether a message that asks is passed over in silence. Commands and clicks are always told.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::NotHere)
    }
}

impl Desk {
    /// Takes a question, or says why not.
    pub(crate) async fn admit(&self, cache: &Cache, asker: &Asker) -> Result<(), Refusal> {
        // After a start they may not be read yet. They are not waited for as long as an interaction may wait.
        if tokio::time::timeout(AT_MOST, self.settings.ready()).await.is_err() {
            tracing::warn!("what was decided is not known yet: a question is taken as if nothing were");
        }
        let Some(guild) = asker.guild.filter(|_| !asker.is_direct) else { return Ok(()) };
        let parent = parent_of(cache, guild, asker.channel).map(|parent| ChannelId::from(parent.get()));
        let rule = &self.settings.guild(&guild.get().into()).answered;
        let chosen = rule.includes(&asker.channel.get().into(), parent.as_ref());
        if chosen { Ok(()) } else { Err(Refusal::NotHere) }
    }
}
