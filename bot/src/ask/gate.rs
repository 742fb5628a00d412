//! Whether a question is taken at all. Every way of asking comes through [`Desk::admit`] before anything is posted.

use super::{Asker, Desk};
use crate::{
    gateway::parent_of,
    quota::{Asking, Over},
};
use rtfm_shared::event::{ChannelId, QueryId};
use serenity::{cache::Cache, model::id::RoleId};
use std::time::Duration;

/// How long settings are waited for.
const AT_MOST: Duration = Duration::from_millis(800);

/// Why a question is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The server decided that no questions are answered in this channel.
    #[error("I do not answer questions in this channel; this server chose others for that.")]
    NotHere,
    /// They, or their server, asked as much as the server allows.
    #[error("{over}")]
    Over {
        /// What was reached, and until when.
        over: Over,
        /// Whether a message that asks is told; not each time.
        told: bool,
    },
}

impl Refusal {
    /// Whether a message that asks is passed over in silence. Commands and clicks are always told.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::NotHere | Self::Over { told: false, .. })
    }
}

impl Desk {
    /// Takes a question, or says why not. Without an id it is one that asks nothing, and counts for nothing.
    pub(crate) async fn admit(&self, cache: &Cache, asker: &Asker, id: Option<&QueryId>) -> Result<(), Refusal> {
        // After a start they may not be read yet. They are not waited for as long as an interaction may wait.
        if tokio::time::timeout(AT_MOST, self.settings.ready()).await.is_err() {
            tracing::warn!("what was decided is not known yet: a question is taken as if nothing were");
        }
        let Some(guild) = asker.guild.filter(|_| !asker.is_direct) else { return Ok(()) };
        let parent = parent_of(cache, guild, asker.channel).map(|parent| ChannelId::from(parent.get()));
        let rule = &self.settings.guild(&guild.get().into()).answered;
        let chosen = rule.includes(&asker.channel.get().into(), parent.as_ref());
        match (chosen, id) {
            (false, _) => Err(Refusal::NotHere),
            (true, Some(id)) => self.within_limits(cache, asker, id),
            (true, None) => Ok(()),
        }
    }

    /// Counts a question against the limits of the server that is asked about, where that is known.
    pub(crate) fn within_limits(&self, cache: &Cache, asker: &Asker, id: &QueryId) -> Result<(), Refusal> {
        let roles: Option<Vec<RoleId>> = asker
            .person
            .as_ref()
            .map(|person| person.roles.iter().copied().filter(|id| *id != 0).map(RoleId::new).collect());
        let asking = Asking { query: id, guild: asker.guild, user: asker.user, roles: roles.as_deref() };
        let taken = self.quota.take(cache, &asking);
        taken.map_err(|over| Refusal::Over { over, told: self.quota.is_to_be_told(&asking) })
    }
}
