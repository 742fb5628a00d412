//! Members who leave servers that forget leavers, stored on `bot-settings`, so that no backfill and no import brings
//! back what they wrote.

use crate::{discord::retry::is_passing, publish::SOURCE};
use backon::Retryable;
use rtfm_shared::{
    event::{AuthorLeft, SettingsEvent},
    resilience::Backoff,
    settings::Settings,
};
use std::time::Duration;

/// Between two tries while the bus is away.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// Stores that a member left, retrying until it succeeds.
pub(super) async fn store(settings: Settings, left: AuthorLeft) {
    let stored = || settings.publish_all(vec![SettingsEvent::Left(left.clone())], SOURCE);
    let stored = stored.retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY)).when(is_passing).notify(|error, _| {
        tracing::debug!(guild = %left.guild_id, %error, "failed to persist author.left, retrying");
    });
    if let Err(error) = stored.await {
        tracing::error!(guild = %left.guild_id, %error, "failed to persist author.left");
    }
}
