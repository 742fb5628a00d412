//! `rtfm topics create`. Containers run it before their service, so it waits for the broker.

use super::show;
use crate::{app_context::AppContext, error::CliError, output};
use rtfm_shared::config::Env;
use serde_json::json;
use std::path::PathBuf;

pub(super) async fn run(env: Env, data_dir: Option<PathBuf>, tries: u32, as_json: bool) -> Result<(), CliError> {
    let context = AppContext::open(env, data_dir).await?;
    context.wait_until_reachable(tries).await?;
    let created = context.create_topics().await?;
    let mut out = output::stdout();
    if as_json {
        out.json(&json!({ "created": created }))?;
    } else if created.is_empty() {
        writeln!(out, "every topic already exists")?;
    } else {
        created.iter().try_for_each(|name| writeln!(out, "created {name}"))?;
    }
    // Drift must not keep a service from starting: with another retention it may still run well.
    for drift in show::drifts(&context).await? {
        output::print_problem(format_args!("{drift}; {}", drift.remedy(context.is_local())));
    }
    Ok(())
}
