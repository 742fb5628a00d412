//! Those who leave servers that forget who leaves: noted on `bot-settings`, so that no history that is read again, and
//! no import, brings back what they wrote.

use crate::publish::SOURCE;
use rtfm_shared::{
    event::{AuthorLeft, SettingsEvent},
    resilience::{Backoff, Class, Classify},
    settings::Settings,
};
use std::time::Duration;

/// Between two tries while the bus is away.
const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// Notes that somebody left, however long it takes.
pub(crate) async fn note(settings: Settings, left: AuthorLeft) {
    let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
    while let Err(error) = settings.note(vec![SettingsEvent::Left(left.clone())], SOURCE).await {
        if error.class() == Class::Permanent {
            return tracing::error!(guild = %left.guild_id, %error, "it cannot be noted that somebody left");
        }
        tracing::debug!(guild = %left.guild_id, %error, "it is not noted yet that somebody left");
        tokio::time::sleep(delays.next_delay()).await;
    }
}
