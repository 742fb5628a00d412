//! Server-sent events, byte by byte: chunks may be split anywhere, inside a line ending or a character.
//!
//! Besides events this keeps what is no event at all. When a stream fails midway, the API may write its
//! error as bare JSON where an event should be, and whoever drops it loses the reason.

/// No line or event of the API comes near this; beyond it something is wrong and memory is at stake.
const LIMIT: usize = 16 << 20;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The data of one event, its lines joined.
    Data(String),
    /// Lines that belong to no event.
    Stray(String),
}

/// What cannot be read as a stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("an event has more than {LIMIT} bytes")]
    TooLong,
    #[error("an event is not UTF-8")]
    NotUtf8,
}

/// Reads events from chunks.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    after_cr: bool,
    begun: bool,
    data: Option<String>,
    stray: String,
}

impl Decoder {
    /// Takes a chunk and gives the events that it completes.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<Vec<Frame>, SseError> {
        let mut frames = Vec::new();
        for &byte in chunk {
            match byte {
                // The second half of a CRLF.
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.end_line(&mut frames)?,
                _ => self.line.push(byte),
            }
            self.after_cr = byte == b'\r';
        }
        let held = self.line.len() + self.stray.len() + self.data.as_ref().map_or(0, String::len);
        if held > LIMIT { Err(SseError::TooLong) } else { Ok(frames) }
    }

    /// The stream is over: what is left, a last event without its blank line included.
    pub(crate) fn finish(mut self) -> Result<Vec<Frame>, SseError> {
        let mut frames = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut frames)?;
        }
        self.dispatch(&mut frames);
        self.flush_stray(&mut frames);
        Ok(frames)
    }

    fn end_line(&mut self, frames: &mut Vec<Frame>) -> Result<(), SseError> {
        let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| SseError::NotUtf8)?;
        let line = if self.begun { line.as_str() } else { line.trim_start_matches('\u{feff}') };
        self.begun = true;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "" if line.is_empty() => self.dispatch(frames),
            // A comment.
            "" => {}
            "data" => {
                self.flush_stray(frames);
                let value = value.strip_prefix(' ').unwrap_or(value);
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => self.data = Some(value.to_owned()),
                }
            }
            "event" | "id" | "retry" => {}
            _ => {
                self.stray.push_str(line);
                self.stray.push('\n');
            }
        }
        Ok(())
    }

    fn dispatch(&mut self, frames: &mut Vec<Frame>) {
        frames.extend(self.data.take().filter(|data| !data.trim().is_empty()).map(Frame::Data));
    }

    fn flush_stray(&mut self, frames: &mut Vec<Frame>) {
        if !self.stray.is_empty() {
            frames.push(Frame::Stray(std::mem::take(&mut self.stray)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(chunks: &[&[u8]]) -> Result<Vec<Frame>, SseError> {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            frames.extend(decoder.push(chunk)?);
        }
        frames.extend(decoder.finish()?);
        Ok(frames)
    }

    fn data(text: &str) -> Frame {
        Frame::Data(text.to_owned())
    }

    #[test]
    fn every_line_ending_comments_and_many_data_lines() {
        let text =
            "\u{feff}: hello\r\ndata: one\r\n\r\nevent: x\ndata:two\ndata: three\n\ndata: four\r\rid: 7\n\ndata\n\n";
        let expected = [data("one"), data("two\nthree"), data("four")];
        assert_eq!(read(&[text.as_bytes()]).unwrap(), expected);
    }

    #[test]
    fn a_last_event_needs_no_blank_line() {
        assert_eq!(read(&[b"data: {\"a\":", b"1}"]).unwrap(), [data("{\"a\":1}")]);
    }

    #[test]
    fn bare_json_in_the_stream_is_kept() {
        let text = "data: a\n\n[{\n  \"error\": {\n    \"code\": 503\n  }\n}\n]";
        let stray = "[{\n  \"error\": {\n    \"code\": 503\n  }\n}\n]\n".to_owned();
        assert_eq!(read(&[text.as_bytes()]).unwrap(), [data("a"), Frame::Stray(stray)]);
    }

    #[test]
    fn what_is_no_text_and_what_never_ends_is_refused() {
        assert_eq!(read(&[b"data: \xff\xfe\n\n"]), Err(SseError::NotUtf8));
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; 1 << 20];
        let error = (0..20).find_map(|_| decoder.push(&chunk).err());
        assert_eq!(error, Some(SseError::TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_chunks_are_split(cuts in proptest::collection::vec(0..64_usize, 0..12)) {
            let text = "data: grüße 🦀\r\n\r\n: c\ndata: two\ndata: 日本\n\n{\"error\":1}\r\n";
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            let expected =
                vec![data("grüße 🦀"), data("two\n日本"), Frame::Stray("{\"error\":1}\n".to_owned())];
            prop_assert_eq!(read(&chunks).unwrap(), expected);
        }
    }
}
