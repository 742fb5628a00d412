//! `rtfm topics create`: what containers run before their service, so it waits for the broker.

use super::show;
use crate::{fault::Fault, foundation::Foundation};
use rtfm_shared::config::Env;
use serde_json::json;
use std::{io::Write, path::PathBuf};

pub(super) async fn run(env: Env, data_dir: Option<PathBuf>, tries: u32, as_json: bool) -> Result<(), Fault> {
    let foundation = Foundation::open(env, data_dir).await?;
    foundation.wait_until_reachable(tries).await?;
    let created = foundation.create_topics().await?;
    let mut out = std::io::stdout();
    if as_json {
        writeln!(out, "{}", json!({ "created": created }))?;
    } else if created.is_empty() {
        writeln!(out, "every topic exists already")?;
    } else {
        created.iter().try_for_each(|name| writeln!(out, "created {name}"))?;
    }
    // Drift is said, but does not keep a service from starting: it may run well with another retention.
    for drift in show::drifts(&foundation).await? {
        eprintln!("rtfm: {drift}; {}", drift.remedy(foundation.is_local()));
    }
    Ok(())
}
