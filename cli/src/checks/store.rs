//! The store of messages.

use super::Check;
use rtfm_memory::store::StoreConfig;

/// Whether the store can be used.
pub(crate) async fn store(config: &StoreConfig) -> Check {
    let name = "store";
    match config.probe().await {
        Ok(found) => Check::well(name, format!("{}: {found}", config.place())),
        Err(error) => {
            let remedy = match config {
                StoreConfig::Sqlite { .. } => {
                    "check who owns memory.sqlite; where it is damaged, move it away and import anew"
                }
                StoreConfig::Qdrant(_) => {
                    "start Qdrant, or correct QDRANT_URL (its gRPC port, 6334) and QDRANT_API_KEY"
                }
            };
            Check::failed(name, format!("{}: {error}", config.place()), remedy)
        }
    }
}
