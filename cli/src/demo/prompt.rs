//! The demonstration's prompt: lines from standard input, from a terminal or a pipe.

use crate::{output, style::Style};
use std::io::{IsTerminal, stdin};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One line of input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PromptInput {
    Empty,
    AsModerators,
    AsEveryone,
    UnknownCommand(String),
    Question(String),
}

/// The lines of standard input. Reading blocks, so a separate thread reads; it ends with the input or the process.
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

/// The next line; `None` at the end of the input, after `exit`, and when `stop` is cancelled.
pub(super) async fn next(
    lines: &mut mpsc::Receiver<std::io::Result<String>>,
    prompt: &str,
    style: Style,
    stop: &CancellationToken,
) -> std::io::Result<Option<PromptInput>> {
    let terminal = stdin().is_terminal();
    if terminal {
        let mut out = output::stdout();
        write!(out, "{} ", style.accent(&format!("{prompt} ›")))?;
        out.flush()?;
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
                writeln!(output::stdout(), "\n{} {}", style.accent(&format!("{prompt} ›")), style.bold(line))?;
            }
            Ok(Some(parse(line)))
        }
        None => {
            if terminal {
                writeln!(output::stdout())?;
            }
            Ok(None)
        }
    }
}

fn parse(line: &str) -> PromptInput {
    match line {
        "" => PromptInput::Empty,
        "/as moderators" => PromptInput::AsModerators,
        "/as everyone" => PromptInput::AsEveryone,
        command if command.starts_with('/') => PromptInput::UnknownCommand(command.to_owned()),
        question => PromptInput::Question(question.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed() {
        assert_eq!(parse(""), PromptInput::Empty);
        assert_eq!(parse("/as moderators"), PromptInput::AsModerators);
        assert_eq!(parse("/help"), PromptInput::UnknownCommand("/help".to_owned()));
        assert_eq!(parse("who?"), PromptInput::Question("who?".to_owned()));
    }
}
