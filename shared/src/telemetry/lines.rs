//! Log lines without characters that control a terminal, and one for each event: values contain text from outside.

use crate::text::escaped;
use std::io::{self, Write};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// Makes writers that escape such characters as JSON does. The formatter's own styles are off, since it lets styles in
/// values pass with them; with `colour`, the writer colours the level.
#[derive(Debug)]
pub(super) struct EscapedLines<M> {
    pub(super) inner: M,
    pub(super) colour: bool,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for EscapedLines<M> {
    type Writer = EscapedLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        EscapedLine { inner: self.inner.make_writer(), coloured: None }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        let coloured = self.colour.then_some(*event.level());
        EscapedLine { inner: self.inner.make_writer_for(event), coloured }
    }
}

/// Writes one event, which the formatter hands over whole.
#[derive(Debug)]
pub(super) struct EscapedLine<W> {
    inner: W,
    coloured: Option<Level>,
}

impl<W: Write> Write for EscapedLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = escaped(text.strip_suffix('\n').unwrap_or(&text)).replace('\n', "\\n");
        if let Some(level) = self.coloured {
            // Only the time is before the level.
            line = line.replacen(level.as_str(), &format!("\u{1b}[{}m{level}\u{1b}[0m", colour(level)), 1);
        }
        self.inner.write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}
