//! Check of the message store.

use super::Check;
use rtfm_memory::store::StoreConfig;

/// Checks that the store is usable.
pub(crate) async fn store(config: &StoreConfig) -> Check {
    let name = "store";
    match config.probe().await {
        Ok(found) => Check::passed(name, format!("{}: {found}", config.place())),
        Err(error) => {
            let remedy = match config {
                StoreConfig::Sqlite { .. } => {
                    "check the owner of memory.sqlite; if it is damaged, move it away and import again"
                }
                StoreConfig::Qdrant(_) => {
                    "start Qdrant, or correct QDRANT_URL (its gRPC port, 6334) and QDRANT_API_KEY"
                }
            };
            Check::failed(name, format!("{}: {error}", config.place()), remedy)
        }
    }
}
