//! What commands act with.

use crate::{ask::Desk, forgetting::Forgetting, gateway::Content, history::Seen, publish::SOURCE, rest::retries};
use rtfm_shared::{
    event::SettingsEvent,
    resilience::{Class, Classify},
    settings::{Settings, SettingsError},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

/// How long somebody waits until it is known what was decided so far.
const KNOWING: Duration = Duration::from_secs(5);
/// What they are told when it is not.
pub(crate) const NOT_KNOWN: &str = "I cannot read my settings right now. Please try again in a while.";
/// How long a decision is tried to be stored while its maker waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// What commands act with. Clones are the same.
#[derive(Clone)]
pub(crate) struct Means {
    pub(crate) desk: Desk,
    pub(crate) settings: Settings,
    pub(crate) forgetting: Forgetting,
    /// Whether the bot may read what people say to each other.
    pub(crate) content: Content,
    /// Whether Discord tells who leaves a server.
    pub(crate) hears_leaving: bool,
    /// How far channels have been heard.
    pub(crate) seen: Seen,
    deciding: Arc<Mutex<()>>,
}

impl Means {
    pub(crate) fn new(
        desk: Desk,
        settings: Settings,
        forgetting: Forgetting,
        content: Content,
        hears_leaving: bool,
        seen: Seen,
    ) -> Self {
        Self { desk, settings, forgetting, content, hears_leaving, seen, deciding: Arc::default() }
    }

    /// Whether it is known what was decided so far; waits a moment for it.
    pub(crate) async fn knows(&self) -> bool {
        tokio::time::timeout(KNOWING, self.settings.ready()).await.is_ok()
    }

    /// Whoever holds this decides alone in this process: what is decided rests on what was decided before.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.deciding.lock().await
    }

    /// Stores a decision; it holds in this process when this returns.
    pub(crate) async fn decide(&self, event: SettingsEvent) -> Result<(), SettingsError> {
        let until = Instant::now() + PATIENCE;
        let mut delays = retries();
        loop {
            let error = match self.settings.decide(event.clone(), SOURCE).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let delay = delays.next().unwrap_or_default();
            if !may_pass(&error) || Instant::now() + delay >= until {
                tracing::error!(%error, "a decision cannot be stored");
                return Err(error);
            }
            tokio::time::sleep(delay).await;
        }
    }
}

/// Whether a decision may be stored after all. One that is stored already is not stored again.
fn may_pass(error: &SettingsError) -> bool {
    matches!(error, SettingsError::Bus(error) if error.class() != Class::Permanent)
}
