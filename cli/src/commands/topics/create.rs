//! `rtfm topics create`. Containers run it before their service, so it waits for the broker, and changes existing topics
//! only with `--repair`.

use super::show;
use crate::{app_context::AppContext, error::CliError, output};
use rtfm_shared::{
    bus::{Drift, topics},
    config::Env,
};
use serde_json::json;
use std::path::PathBuf;

pub(super) async fn run(
    env: Env,
    data_dir: Option<PathBuf>,
    tries: u32,
    repair: bool,
    as_json: bool,
) -> Result<(), CliError> {
    let context = AppContext::open(env, data_dir).await?;
    context.wait_until_reachable(tries).await?;
    let created = context.create_topics().await?;
    let repaired = if repair { repaired(&context).await? } else { Vec::new() };
    let mut out = output::stdout();
    if as_json {
        out.json(&json!({ "created": created, "repaired": repaired }))?;
    } else if created.is_empty() && repaired.is_empty() {
        writeln!(out, "every topic already exists")?;
    } else {
        created.iter().try_for_each(|name| writeln!(out, "created {name}"))?;
        repaired.iter().try_for_each(|name| writeln!(out, "repaired {name}"))?;
    }
    // Drift must not keep a service from starting: with another retention it may still run well.
    for drift in show::drifts(&context).await? {
        output::print_problem(format_args!("{drift}; {}", drift.remedy(context.is_local())));
    }
    Ok(())
}

/// Repairs the topics that drop old records otherwise than the catalogue says; returns their names.
async fn repaired(context: &AppContext) -> Result<Vec<String>, CliError> {
    let drifts = show::drifts(context).await?;
    let mut wrong = topics::catalogue();
    wrong.retain(|spec| drifts.iter().any(|drift| drift.topic() == spec.name && Drift::is_repairable(drift)));
    context.bus.repair_topics(&wrong).await?;
    Ok(wrong.into_iter().map(|spec| spec.name).collect())
}
