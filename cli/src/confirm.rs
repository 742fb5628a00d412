//! Asking before something cannot be undone.

use crate::fault::Fault;
use std::io::{IsTerminal, Write, stdin};

/// Whether somebody at the terminal types yes to `question`. Without a terminal nobody can be asked: `doing` (what
/// is about to be done, as "deleting topics") then needs `--yes`.
pub(crate) fn agreed(doing: &str, question: &str) -> Result<bool, Fault> {
    if !stdin().is_terminal() {
        return Err(Fault::Usage(format!("{doing} asks first, and here is nobody to ask; say --yes to do it")));
    }
    eprint!("{question} Type yes: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
