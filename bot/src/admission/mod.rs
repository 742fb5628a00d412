//! Admission: whether a question is taken. A server chooses the channels in which questions are answered, and rate
//! limits and quotas for its people and for itself. They are counted from `bot-queries`, so they hold on every instance
//! and after a restart. Every way of asking passes [`Admission::admit`] before anything is posted.

mod limits;

use crate::discord::{
    channels::parent_of,
    ids::ToEventId,
    model::{Cache, ChannelId, GuildId, Permissions, RoleId, UserId},
};
use jiff::Timestamp;
use limits::LimitReached;
pub(crate) use limits::REASONS;
use parking_lot::Mutex;
use rtfm_shared::{
    bus::{Bus, BusError},
    event::QueryId,
    question_log::{PastQuestion, QuestionLog},
    settings::Settings,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// The metric of refused questions.
pub(crate) const REFUSED: &str = "rtfm_discord_questions_refused_total";

/// How long a question waits for settings that are not read yet; an interaction must be answered in three seconds.
const SETTINGS_TIMEOUT: Duration = Duration::from_millis(800);
/// Minimum time between two notices to a person who is over a limit and asks by message.
const NOTICE_EVERY: Duration = Duration::from_secs(60);
/// Permissions that lift all limits.
const UNLIMITED: Permissions = Permissions::MANAGE_GUILD.union(Permissions::ADMINISTRATOR);

/// Why a question is not taken, in words for the asker. Permanent: the same question is not retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AdmissionError {
    #[error(
        "I do not answer questions in this channel. Please ask in a channel that this server has chosen for questions."
    )]
    NotHere,
    #[error("{limit}")]
    Limit {
        limit: LimitReached,
        /// Whether a question by message gets this as a reply; repeated ones do not.
        is_said: bool,
    },
}

impl AdmissionError {
    /// Whether a message gets no reply. Commands and clicks always get one.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::NotHere | Self::Limit { is_said: false, .. })
    }
}

/// A question before it is taken.
pub(crate) struct QuestionRequest<'a> {
    /// None where nothing is asked, which counts for nothing.
    pub(crate) query: Option<&'a QueryId>,
    /// The server that is asked about, also in a direct message; none where it is not known yet.
    pub(crate) guild: Option<GuildId>,
    pub(crate) channel: ChannelId,
    pub(crate) user: UserId,
    pub(crate) is_direct: bool,
    /// None where they are not known: then the asker does not count as a manager.
    pub(crate) roles: Option<Vec<RoleId>>,
}

/// Clones share their counts.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    settings: Settings,
    asked: QuestionLog,
    notices: Arc<Mutex<HashMap<(GuildId, UserId), Instant>>>,
}

impl Admission {
    /// Nothing is counted before [`Admission::follow`] runs.
    pub(crate) fn new(settings: Settings, bus: Arc<dyn Bus>) -> Self {
        Self { settings, asked: QuestionLog::new(bus), notices: Arc::default() }
    }

    /// Counts questions from the bus; returns only with an error that an operator must fix.
    pub(crate) async fn follow(&self) -> BusError {
        self.asked.follow().await
    }

    /// Waits until the questions so far are counted.
    pub(crate) async fn ready(&self) {
        self.asked.ready().await;
    }

    /// Takes a question, or says why not.
    pub(crate) async fn admit(&self, cache: &Cache, request: &QuestionRequest<'_>) -> Result<(), AdmissionError> {
        if timeout(SETTINGS_TIMEOUT, self.settings.ready()).await.is_err() {
            tracing::warn!("settings are not read yet, taking a question without them");
        }
        let Some(guild) = request.guild.filter(|_| !request.is_direct) else { return Ok(()) };
        let parent = parent_of(cache, guild, request.channel).map(|parent| parent.event_id());
        let rule = &self.settings.guild(&guild.event_id()).answered;
        if !rule.includes(&request.channel.event_id(), parent.as_ref()) {
            return Err(AdmissionError::NotHere);
        }
        self.within_limits(cache, request)
    }

    /// Counts a question against the limits of the server that is asked about. The same question may be counted again.
    pub(crate) fn within_limits(&self, cache: &Cache, request: &QuestionRequest<'_>) -> Result<(), AdmissionError> {
        let (Some(query), Some(guild)) = (request.query, request.guild) else { return Ok(()) };
        let guild_id = guild.event_id();
        let settings = self.settings.guild(&guild_id);
        let unlimited = manages(cache, guild, request.user, request.roles.as_deref().unwrap_or(&[]));
        let question = PastQuestion { user_id: request.user.event_id(), at: Timestamp::now() };
        let (user, now) = (question.user_id.clone(), question.at);
        let taken = self.asked.take(&guild_id, query, question, |others| {
            if unlimited { Ok(()) } else { limits::check(&settings, others, &user, now) }
        });
        taken.map_err(|limit| {
            metrics::counter!(REFUSED, "why" => limit.reason()).increment(1);
            tracing::debug!(%query, why = limit.reason(), "question over a limit");
            AdmissionError::Limit { limit, is_said: self.is_notice_due(guild, request.user) }
        })
    }

    fn is_notice_due(&self, guild: GuildId, user: UserId) -> bool {
        let now = Instant::now();
        let mut notices = self.notices.lock();
        notices.retain(|_, at| now.saturating_duration_since(*at) < NOTICE_EVERY);
        let is_due = !notices.contains_key(&(guild, user));
        if is_due {
            notices.insert((guild, user), now);
        }
        is_due
    }
}

/// Whether a person owns or manages a guild; false when the cache lacks it.
fn manages(cache: &Cache, guild: GuildId, user: UserId, roles: &[RoleId]) -> bool {
    let Some(guild) = cache.guild(guild) else { return false };
    let everyone = guild.id.everyone_role();
    let held = roles.iter().chain([&everyone]).filter_map(|role| guild.roles.get(role));
    let rights = held.fold(Permissions::empty(), |all, role| all | role.permissions);
    guild.owner_id == user || rights.intersects(UNLIMITED)
}
