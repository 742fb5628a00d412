//! The only way to the terminal. What commands print contains text of people, files, records and servers, which could
//! control the terminal or reorder what it shows: text loses such characters, JSON gets them escaped, and only our own
//! styles pass.

use crate::style::MARK;
use rtfm_shared::text::{escaped, visible};
use serde::Serialize;
use std::{
    fmt::{Arguments, Display},
    io::{self, Stderr, Stdout, Write},
};

/// Standard output or standard error. `write!` and `writeln!` work on it; bytes cannot be written.
#[derive(Debug)]
pub(crate) struct Output<W>(W);

#[expect(clippy::disallowed_methods, reason = "this is the only way to them")]
pub(crate) fn stdout() -> Output<Stdout> {
    Output(io::stdout())
}

#[expect(clippy::disallowed_methods, reason = "this is the only way to them")]
pub(crate) fn stderr() -> Output<Stderr> {
    Output(io::stderr())
}

/// Prints a problem as one line on standard error. One that cannot be printed has nowhere else to go.
pub(crate) fn print_problem(problem: impl Display) {
    let _ = writeln!(stderr(), "rtfm: {}", one_line(&problem.to_string()));
}

impl<W: Write> Output<W> {
    pub(crate) fn write_fmt(&mut self, text: Arguments<'_>) -> io::Result<()> {
        self.0.write_all(printable(&text.to_string()).as_bytes())
    }

    /// Writes a value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = escaped(&serde_json::to_string(value)?);
        self.0.write_all(format!("{line}\n").as_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A name, or a text that must not look like several lines, on one line.
pub(crate) fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// The text without characters that control a terminal, and with our own styles.
fn printable(text: &str) -> String {
    let mut parts = text.split(MARK.as_str());
    let mut printable = visible(parts.next().unwrap_or_default());
    for part in parts {
        let (code, rest) = part.split_once('m').unwrap_or((part, ""));
        printable += &format!("\u{1b}[{code}m{}", visible(rest));
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Style;

    fn written(write: impl FnOnce(&mut Output<&mut Vec<u8>>) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut Output(&mut bytes)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn only_our_own_styles_pass() {
        let heading = Style::coloured().bold("a\u{1b}[2mb");
        assert_eq!(
            written(|out| writeln!(out, "{heading}\u{1b}[1m\u{9b}1m\u{202e}\tc")),
            "\u{1b}[1ma[2mb\u{1b}[0m[1m1m\tc\n"
        );
    }

    #[test]
    fn json_keeps_every_character() {
        let text = "\u{1b}[1m \u{9b}\u{7f}\u{202e}\u{2028}\u{e0041} 👩\u{200d}🚀 \n\t";
        let line = written(|out| out.json(&[text]));
        assert!(
            line.chars().all(|c| c == '\n' || (!c.is_control() && visible(&c.to_string()) == c.to_string())),
            "{line}"
        );
        assert_eq!(serde_json::from_str::<[String; 1]>(&line).unwrap(), [text]);
    }
}
