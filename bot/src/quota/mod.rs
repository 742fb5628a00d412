//! How much may be asked: what a server set for its people and for itself, counted from `bot-queries`, so that it
//! holds on every instance and after a restart. Those who manage the server are not limited.

mod limits;

use jiff::Timestamp;
pub(crate) use limits::{Over, WHYS};
use rtfm_shared::{
    asked::{Asked, Question},
    event::{GuildId, QueryId, UserId},
    settings::Settings,
};
use serenity::{
    cache::Cache,
    model::{Permissions, id},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Questions that were refused, by why.
pub(crate) const REFUSED: &str = "rtfm_discord_questions_refused_total";

/// Somebody who asks by message is told at most so often that they ask too much.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// Who is not limited.
const UNLIMITED: Permissions = Permissions::MANAGE_GUILD.union(Permissions::ADMINISTRATOR);

/// Who asks what, where.
pub(crate) struct Asking<'a> {
    pub(crate) query: &'a QueryId,
    /// The server that is asked, in a direct conversation too; none where it is not known yet.
    pub(crate) guild: Option<id::GuildId>,
    pub(crate) user: id::UserId,
    /// None where they are not known: then nobody counts as a manager.
    pub(crate) roles: Option<&'a [id::RoleId]>,
}

/// The limits of all servers. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    settings: Settings,
    asked: Asked,
    told: Arc<Mutex<HashMap<(id::GuildId, id::UserId), Instant>>>,
}

impl Quota {
    pub(crate) fn new(settings: Settings, asked: Asked) -> Self {
        Self { settings, asked, told: Arc::default() }
    }

    /// Takes a question, or says until when it must wait. To be asked before anything is posted. The same question
    /// may be taken again.
    pub(crate) fn take(&self, cache: &Cache, asking: &Asking<'_>) -> Result<(), Over> {
        let Some(guild) = asking.guild else { return Ok(()) };
        let guild_id = GuildId::from(guild.get());
        let settings = self.settings.guild(&guild_id);
        let free = manages(cache, guild, asking.user, asking.roles.unwrap_or_default());
        let question = Question { user_id: UserId::from(asking.user.get()), at: Timestamp::now() };
        let (user, now) = (question.user_id.clone(), question.at);
        let taken = self.asked.take(&guild_id, asking.query, question, |others| {
            if free { Ok(()) } else { limits::check(&settings, others, &user, now) }
        });
        if let Err(over) = &taken {
            metrics::counter!(REFUSED, "why" => over.why()).increment(1);
            tracing::debug!(query = %asking.query, why = over.why(), "a question over the limit");
        }
        taken
    }

    /// Whether somebody who asked by message is to be told that they must wait; not again and again.
    pub(crate) fn is_to_be_told(&self, asking: &Asking<'_>) -> bool {
        let Some(guild) = asking.guild else { return false };
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now.saturating_duration_since(*at) < TOLD_EVERY);
        let first = !told.contains_key(&(guild, asking.user));
        if first {
            told.insert((guild, asking.user), now);
        }
        first
    }
}

/// Whether somebody owns or manages a guild; no, when it is not known.
fn manages(cache: &Cache, guild: id::GuildId, user: id::UserId, roles: &[id::RoleId]) -> bool {
    let Some(guild) = cache.guild(guild) else { return false };
    let everyone = guild.id.everyone_role();
    let held = roles.iter().chain([&everyone]).filter_map(|role| guild.roles.get(role));
    let rights = held.fold(Permissions::empty(), |all, role| all | role.permissions);
    guild.owner_id == user || rights.intersects(UNLIMITED)
}
