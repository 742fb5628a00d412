//! `rtfm topics delete`: asks before it destroys.

use super::catalogue_names;
use crate::{confirm, fault::Fault, foundation::Foundation};
use std::io::{Write, stdout};

pub(super) async fn run(foundation: &Foundation, wanted: Vec<String>, yes: bool) -> Result<(), Fault> {
    let names = if wanted.is_empty() { existing(foundation).await? } else { wanted };
    if names.is_empty() {
        writeln!(stdout(), "there is no topic to delete")?;
        return Ok(());
    }
    let question =
        format!("Delete {} with all their records from the bus ({})?", names.join(", "), foundation.bus_name());
    if !yes && !confirm::agreed("deleting topics", &question)? {
        return Err(Fault::Failed("nothing was deleted".to_owned()));
    }
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    foundation.bus.delete_topics(&borrowed).await?;
    names.iter().try_for_each(|name| writeln!(stdout(), "deleted {name}"))?;
    Ok(())
}

async fn existing(foundation: &Foundation) -> Result<Vec<String>, Fault> {
    let there = foundation.bus.list_topics().await?;
    Ok(catalogue_names().into_iter().filter(|name| there.contains(name)).collect())
}
