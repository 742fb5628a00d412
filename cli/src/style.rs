//! Colour and progress bars, on terminals that take them.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    hash::{BuildHasher, RandomState},
    io::{IsTerminal, stderr, stdout},
    sync::LazyLock,
};

/// What begins our own styles until [`crate::output`] writes them. It differs in each process, so that no text from
/// outside can contain it.
pub(crate) static MARK: LazyLock<String> =
    LazyLock::new(|| format!("\u{1b}{:x}[", RandomState::new().hash_one("style")));

/// Text styles for standard output; without effect in a pipe, with `NO_COLOR`, and on a dumb terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    #[expect(clippy::disallowed_methods, reason = "only asks whether it is a terminal")]
    pub(crate) fn of_stdout() -> Self {
        Self { colour: stdout().is_terminal() && colours_are_allowed() }
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { colour: false }
    }

    #[cfg(test)]
    pub(crate) fn coloured() -> Self {
        Self { colour: true }
    }

    fn paint(self, code: &str, text: &str) -> String {
        let mark = MARK.as_str();
        if self.colour { format!("{mark}{code}m{text}{mark}0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn accent(self, text: &str) -> String {
        self.paint("36", text)
    }
}

fn colours_are_allowed() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_colour && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A progress bar in bytes on standard error; hidden if that is no terminal.
pub(crate) fn byte_bar(total: u64) -> ProgressBar {
    bar(total, "{bar:30} {decimal_bytes}/{decimal_total_bytes} {eta:>4}  {wide_msg}")
}

/// A progress bar in items on standard error; hidden if that is no terminal.
pub(crate) fn count_bar(what: &'static str) -> ProgressBar {
    bar(0, "{bar:30} {human_pos}/{human_len} {wide_msg}").with_message(what)
}

#[expect(clippy::disallowed_methods, reason = "only asks whether it is a terminal")]
fn bar(total: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_the_text_is_unchanged() {
        assert_eq!(Style::plain().bold("x"), "x");
        assert_ne!(Style::coloured().bold("x"), "x");
    }
}
