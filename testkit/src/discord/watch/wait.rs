//! Waiting for a condition: woken by every change, and with all that happened on the screen when it never comes.

use std::sync::Arc;
use std::time::Duration;

use super::dump;
use crate::discord::state::Core;

/// Far beyond what any condition takes on a slow machine: only a broken one gets here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the condition holds, and gives what it found.
pub(crate) async fn until<T>(core: &Arc<Core>, what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(core, PATIENCE, what, condition).await
}

/// The same with a patience of one's own.
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
