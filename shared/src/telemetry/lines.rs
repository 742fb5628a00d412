//! Log lines without characters that control a terminal, and one for each event: values contain text from outside.

use crate::text::escaped;
use std::io::{self, Write};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// Makes writers that escape such characters as JSON does; with `colour`, the formatter's own styles pass.
#[derive(Debug)]
pub(super) struct EscapedLines<M> {
    pub(super) inner: M,
    pub(super) colour: bool,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for EscapedLines<M> {
    type Writer = EscapedLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        EscapedLine { inner: self.inner.make_writer(), colour: self.colour }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        EscapedLine { inner: self.inner.make_writer_for(event), colour: self.colour }
    }
}

/// Writes one event, which the formatter hands over whole.
#[derive(Debug)]
pub(super) struct EscapedLine<W> {
    inner: W,
    colour: bool,
}

impl<W: Write> Write for EscapedLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = if self.colour { with_styles(line) } else { escaped(line) };
        self.inner.write_all(format!("{}\n", line.replace('\n', "\\n")).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The line with its styles; the formatter has escaped those in values itself.
fn with_styles(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut out = escaped(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once('m').filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';')) {
            Some((code, rest)) => out += &format!("\u{1b}[{code}m{}", escaped(rest)),
            None => out += &escaped(&format!("\u{1b}[{part}")),
        }
    }
    out
}
