//! `rtfm topics delete`: asks before it destroys.

use super::catalogue_names;
use crate::{fault::Fault, foundation::Foundation};
use std::io::{IsTerminal, Write, stdin, stdout};

pub(super) async fn run(foundation: &Foundation, wanted: Vec<String>, yes: bool) -> Result<(), Fault> {
    let names = if wanted.is_empty() { existing(foundation).await? } else { wanted };
    if names.is_empty() {
        writeln!(stdout(), "there is no topic to delete")?;
        return Ok(());
    }
    if !yes && !agreed(&names, &foundation.bus_name())? {
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

fn agreed(names: &[String], bus: &str) -> Result<bool, Fault> {
    if !stdin().is_terminal() {
        return Err(Fault::Usage(
            "deleting topics asks first, and here is nobody to ask; say --yes to do it".to_owned(),
        ));
    }
    eprint!("Delete {} with all their records from the bus ({bus})? Type yes: ", names.join(", "));
    std::io::stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
