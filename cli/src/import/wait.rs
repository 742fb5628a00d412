//! After publishing: on one machine an import is done when the messages can be found.

use crate::fault::Fault;
use indicatif::ProgressBar;
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::bus::{Bus, topics};
use std::time::Duration;

/// How often the lag is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Returns when the index group has handled everything on `discord-messages`.
pub(crate) async fn until_indexed(bus: &dyn Bus, bar: &ProgressBar) -> Result<(), Fault> {
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
        tokio::time::sleep(LOOK).await;
    }
}
