//! `rtfm topics delete`, with confirmation.

use super::catalogue_names;
use crate::{app_context::AppContext, confirm, error::CliError, output};

pub(super) async fn run(context: &AppContext, wanted: Vec<String>, yes: bool) -> Result<(), CliError> {
    let names = if wanted.is_empty() { existing(context).await? } else { wanted };
    if names.is_empty() {
        writeln!(output::stdout(), "there are no topics to delete")?;
        return Ok(());
    }
    let question = format!("Delete {} with all their records from the bus ({})?", names.join(", "), context.bus_name());
    if !yes && !confirm::agreed("deleting topics", &question)? {
        return Err(CliError::Failed("nothing was deleted".to_owned()));
    }
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    context.bus.delete_topics(&borrowed).await?;
    names.iter().try_for_each(|name| writeln!(output::stdout(), "deleted {name}"))?;
    Ok(())
}

async fn existing(context: &AppContext) -> Result<Vec<String>, CliError> {
    let on_bus = context.bus.list_topics().await?;
    Ok(catalogue_names().into_iter().filter(|name| on_bus.contains(name)).collect())
}
