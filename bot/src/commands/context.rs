//! What all commands need.

use crate::{
    ask::QuestionService,
    catch_up::backfill::Backfills,
    discord::retry::{is_passing, until},
    gateway::ContentAccess,
    publish::{Checkpoints, Removals, SOURCE},
};
use backon::Retryable;
use rtfm_shared::{
    event::SettingsEvent,
    settings::{Settings, SettingsError},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

/// How long a command waits for the settings to be read.
const SETTINGS_TIMEOUT: Duration = Duration::from_secs(5);
/// The answer when they are not.
pub(crate) const NOT_KNOWN: &str = "I cannot read my settings right now. Please try again in a few minutes.";
/// How long storing a decision is retried while its maker waits.
const STORE_TIMEOUT: Duration = Duration::from_secs(20);

/// The parts of the bot that commands use. Clones share them.
#[derive(Clone)]
pub(crate) struct CommandContext {
    pub(crate) questions: QuestionService,
    pub(crate) removals: Removals,
    /// Whether the bot may read messages that are not for it.
    pub(crate) content: ContentAccess,
    /// Whether Discord sends who leaves a server.
    pub(crate) has_members_intent: bool,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) backfills: Backfills,
    deciding: Arc<Mutex<()>>,
}

impl CommandContext {
    pub(crate) fn new(
        questions: QuestionService,
        removals: Removals,
        content: ContentAccess,
        has_members_intent: bool,
        checkpoints: Checkpoints,
        backfills: Backfills,
    ) -> Self {
        Self { questions, removals, content, has_members_intent, checkpoints, backfills, deciding: Arc::default() }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.questions.settings
    }

    /// Whether the settings are read; waits a moment for them.
    pub(crate) async fn is_ready(&self) -> bool {
        tokio::time::timeout(SETTINGS_TIMEOUT, self.settings().ready()).await.is_ok()
    }

    /// Decisions of this process are made one at a time: each builds on the one before.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.deciding.lock().await
    }

    /// Stores a decision; it holds in this process when this returns.
    pub(crate) async fn decide(&self, event: SettingsEvent) -> Result<(), SettingsError> {
        let stored = (|| self.settings().decide(event.clone(), SOURCE)).retry(until(Instant::now() + STORE_TIMEOUT));
        let stored = stored.when(may_pass).await;
        stored.inspect_err(|error| tracing::error!(%error, "failed to store a decision"))
    }
}

/// Whether a decision may be stored after all. One that is stored already is not stored again.
fn may_pass(error: &SettingsError) -> bool {
    matches!(error, SettingsError::Bus(error) if is_passing(error))
}
