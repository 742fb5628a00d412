//! A decoder for server-sent events. Chunks may split anywhere, even inside a line ending or a character.
//!
//! The decoder also returns text outside of events: when a stream fails midway, the API may write its error as bare
//! JSON where an event should be.

/// Far above any event of the API; bounds the memory of a broken stream.
const LIMIT: usize = 16 << 20;

/// A decoded piece of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The data of one event, its lines joined.
    Data(String),
    /// Lines that belong to no event.
    Stray(String),
}

/// Why a stream cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("an event exceeds {LIMIT} bytes")]
    TooLong,
    #[error("an event is not UTF-8")]
    NotUtf8,
}

/// Decodes chunks into frames.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    after_cr: bool,
    begun: bool,
    data: Option<String>,
    stray: String,
}

impl Decoder {
    /// Adds a chunk and returns the frames that it completes.
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

    /// Ends the stream and returns the remaining frames; the last event needs no blank line.
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
    fn line_endings_comments_and_multiline_data_are_decoded() {
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
    fn invalid_utf8_and_endless_lines_are_errors() {
        assert_eq!(read(&[b"data: \xff\xfe\n\n"]), Err(SseError::NotUtf8));
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; 1 << 20];
        let error = (0..20).find_map(|_| decoder.push(&chunk).err());
        assert_eq!(error, Some(SseError::TooLong));
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_where_chunks_split(cuts in proptest::collection::vec(0..64_usize, 0..12)) {
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
