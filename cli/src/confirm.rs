//! Confirmation before an operation that cannot be undone.

use crate::{error::CliError, output};
use std::io::{IsTerminal, stdin};

/// Asks `question` on the terminal and returns whether the user types yes. Without a terminal it fails; `operation`, as
/// "deleting topics", then needs `--yes`.
pub(crate) fn agreed(operation: &str, question: &str) -> Result<bool, CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::Usage(format!(
            "{operation} needs confirmation, and stdin is not a terminal; pass --yes to confirm"
        )));
    }
    let mut out = output::stderr();
    write!(out, "{question} Type yes: ")?;
    out.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
