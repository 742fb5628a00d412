//! The prompt: lines from standard input, a terminal or a pipe.

use crate::style::Style;
use std::io::{IsTerminal, Write, stdin, stdout};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What somebody typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// An empty line.
    Nothing,
    /// Ask as a moderator (true) or as everyone.
    Audience(bool),
    /// Another word behind a slash.
    Unknown(String),
    /// A question.
    Question(String),
}

/// The lines of standard input. Reading blocks, so a thread of its own does it; it ends with the input
/// or with the process.
pub(super) fn lines() -> mpsc::Receiver<std::io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in stdin().lines() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line; none at the end of the input, at `exit`, and when the process is asked to stop.
pub(super) async fn next(
    lines: &mut mpsc::Receiver<std::io::Result<String>>,
    place: &str,
    style: Style,
    stop: &CancellationToken,
) -> std::io::Result<Option<Line>> {
    let terminal = stdin().is_terminal();
    if terminal {
        write!(stdout(), "{} ", style.accent(&format!("{place} ›")))?;
        stdout().flush()?;
    }
    let line = tokio::select! {
        line = lines.recv() => line.transpose()?,
        () = stop.cancelled() => None,
    };
    match line {
        Some(line) => {
            let line = line.trim();
            if matches!(line, "exit" | "quit") {
                return Ok(None);
            }
            if !terminal && !line.is_empty() {
                writeln!(stdout(), "\n{} {}", style.accent(&format!("{place} ›")), style.bold(line))?;
            }
            Ok(Some(understood(line)))
        }
        None => {
            if terminal {
                writeln!(stdout())?;
            }
            Ok(None)
        }
    }
}

fn understood(line: &str) -> Line {
    match line {
        "" => Line::Nothing,
        "/as moderators" => Line::Audience(true),
        "/as everyone" => Line::Audience(false),
        command if command.starts_with('/') => Line::Unknown(command.to_owned()),
        question => Line::Question(question.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood() {
        assert_eq!(understood(""), Line::Nothing);
        assert_eq!(understood("/as moderators"), Line::Audience(true));
        assert_eq!(understood("/help"), Line::Unknown("/help".to_owned()));
        assert_eq!(understood("who?"), Line::Question("who?".to_owned()));
    }
}
