//! Waiting for the index: on the local bus an import is complete once its messages can be found.

use crate::error::CliError;
use indicatif::ProgressBar;
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::bus::{Bus, topics};
use std::time::Duration;

/// How often to read the lag.
const INTERVAL: Duration = Duration::from_millis(50);

/// Waits until the index group has handled everything on `discord-messages`.
pub(crate) async fn until_indexed(bus: &dyn Bus, bar: &ProgressBar) -> Result<(), CliError> {
    loop {
        let lags = bus.lag(INDEX_GROUP, topics::MESSAGES).await?;
        let waiting: u64 = lags.iter().map(|lag| u64::try_from(lag.records()).unwrap_or_default()).sum();
        let most = bar.length().unwrap_or_default().max(waiting);
        bar.set_length(most);
        bar.set_position(most - waiting);
        if waiting == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
