//! Waits for a condition after every change, and prints everything that happened on time-out.

use std::sync::Arc;
use std::time::Duration;

use super::dump;
use crate::discord::state::Core;

/// Longer than any condition takes on a slow machine, so that only a broken test reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the condition holds, and returns its value.
pub(crate) async fn until<T>(core: &Arc<Core>, what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(core, PATIENCE, what, condition).await
}

/// Waits with a given time limit.
pub(crate) async fn within<T>(
    core: &Arc<Core>,
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> Option<T>,
) -> T {
    let mut changes = core.changes();
    let found = async {
        loop {
            changes.borrow_and_update();
            if let Some(found) = condition() {
                return found;
            }
            // The sender lives in the core, which lives as long as this borrow.
            let _ = changes.changed().await;
        }
    };
    match tokio::time::timeout(patience, found).await {
        Ok(found) => found,
        Err(_) => panic!("waited {patience:?} in vain for {what}\n{}", dump::dump(core)),
    }
}
