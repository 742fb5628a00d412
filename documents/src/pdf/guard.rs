//! Bounds for what a PDF may make its parser do. The parser asks `admit` about each object that it has read; that
//! is where its time and its memory are counted, and where it is stopped.

use super::{STREAM, Skipped};
use lopdf::{Object, ObjectId, Stream};
use std::{
    cell::Cell,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Instant,
};

/// Values in all objects of a file. One takes some fifty bytes.
const VALUES: usize = 1_000_000;
/// Bytes in all strings, names and streams of a file, before they are unpacked.
const BYTES: usize = 64 << 20;

/// What a file may still cost.
#[derive(Clone, Copy)]
struct Budget {
    end: Instant,
    values: usize,
    bytes: usize,
}

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Why the parser was stopped.
struct Stopped(Skipped);

/// Runs the parser within the bounds.
pub(super) fn within<T>(end: Instant, parse: impl FnOnce() -> T) -> Result<T, Skipped> {
    BUDGET.set(Some(Budget { end, values: VALUES, bytes: BYTES }));
    let outcome = catch_unwind(AssertUnwindSafe(parse));
    BUDGET.set(None);
    outcome.map_err(|panic| match panic.downcast::<Stopped>() {
        Ok(stopped) => stopped.0,
        Err(_) => Skipped::Panicked,
    })
}

/// Admits an object, or stops the parser. There is no other way out of it than to unwind.
pub(super) fn admit(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if let Some(mut budget) = BUDGET.get() {
        if Instant::now() >= budget.end {
            resume_unwind(Box::new(Stopped(Skipped::Slow)));
        }
        let sound = match object.as_stream() {
            Ok(stream) if stream.dict.has_type(b"ObjStm") => is_sound(stream),
            _ => true,
        };
        if !sound || !budget.pays(object) {
            resume_unwind(Box::new(Stopped(Skipped::Unreadable)));
        }
        BUDGET.set(Some(budget));
    }
    Some((id, object.clone()))
}

impl Budget {
    /// Takes what the object costs; whether there was enough.
    fn pays(&mut self, object: &Object) -> bool {
        let Some(values) = self.values.checked_sub(1) else { return false };
        self.values = values;
        match object {
            Object::Array(items) => items.iter().all(|item| self.pays(item)),
            Object::Dictionary(entries) => entries.iter().all(|(name, value)| self.takes(name) && self.pays(value)),
            Object::Stream(stream) => {
                self.takes(&stream.content)
                    && stream.dict.iter().all(|(name, value)| self.takes(name) && self.pays(value))
            }
            Object::String(bytes, _) | Object::Name(bytes) => self.takes(bytes),
            _ => true,
        }
    }

    fn takes(&mut self, bytes: &[u8]) -> bool {
        let left = self.bytes.checked_sub(bytes.len());
        self.bytes = left.unwrap_or_default();
        left.is_some()
    }
}

/// Whether the objects in a stream of objects lie side by side. Where they overlap, the parser would read the same
/// bytes again and again, and keep what it read each time.
fn is_sound(stream: &Stream) -> bool {
    let Ok(content) = stream.get_plain_content_with_limit(STREAM) else { return false };
    let first = stream.dict.get(b"First").and_then(Object::as_i64).ok().and_then(|first| usize::try_from(first).ok());
    let Some((index, objects)) = first.and_then(|first| content.split_at_checked(first)) else { return false };
    let numbers = index.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let offsets: Vec<Option<usize>> =
        numbers.skip(1).step_by(2).map(|word| std::str::from_utf8(word).ok()?.parse().ok()).collect();
    let distinct: BTreeSet<Option<usize>> = offsets.iter().copied().collect();
    let mut wanted = distinct.iter().copied().flatten().filter(|offset| *offset < objects.len()).peekable();
    if distinct.len() < offsets.len() || distinct.contains(&None) || index.contains(&b'%') {
        return false;
    }
    let mut scanner = Scanner::default();
    for (at, byte) in objects.iter().enumerate() {
        if wanted.next_if_eq(&at).is_some() && !scanner.is_outside() {
            return false;
        }
        scanner.take(*byte);
    }
    true
}

/// Knows whether a place is inside of something.
#[derive(Default)]
struct Scanner {
    brackets: usize,
    parentheses: usize,
    comment: bool,
    escaped: bool,
}

impl Scanner {
    fn is_outside(&self) -> bool {
        self.brackets == 0 && self.parentheses == 0 && !self.comment
    }

    fn take(&mut self, byte: u8) {
        if self.comment {
            self.comment = !matches!(byte, b'\r' | b'\n');
            return;
        }
        if self.parentheses > 0 {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'(' => self.parentheses += 1,
                b')' => self.parentheses -= 1,
                _ => {}
            }
            return;
        }
        match byte {
            b'(' => self.parentheses = 1,
            b'%' => self.comment = true,
            b'[' | b'<' => self.brackets += 1,
            b']' | b'>' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }
}

/// Whether a name in the file says that it is encrypted, however it is spelled. Encrypted objects are read in
/// another way, past these bounds.
pub(super) fn names_encryption(bytes: &[u8]) -> bool {
    let is_it = |name: &[u8]| {
        let mut rest = name.iter().copied();
        b"Encrypt".iter().all(|wanted| {
            let byte = match rest.next() {
                Some(b'#') => {
                    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                    match (digit(rest.next()), digit(rest.next())) {
                        (Some(high), Some(low)) => u8::try_from(16 * high + low).ok(),
                        _ => None,
                    }
                }
                other => other,
            };
            byte == Some(*wanted)
        })
    };
    bytes.split(|byte| *byte == b'/').skip(1).any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    fn objects(index: &str, content: &str) -> bool {
        let dict = dictionary! { "Type" => "ObjStm", "First" => i64::try_from(index.len()).unwrap() };
        is_sound(&Stream::new(dict, format!("{index}{content}").into_bytes()))
    }

    #[test]
    fn objects_lie_side_by_side_or_the_file_is_refused() {
        assert!(objects("1 0 2 12 3 17 ", "<</A (x\\))>>[1 2] (a [ b) "));
        assert!(!objects("1 0 2 0 ", "[1 2 3]"), "the same place twice");
        assert!(!objects("1 0 2 1 ", "[[1] 2 3]"), "one inside the other");
        assert!(!objects("1 0 2 2 ", "%%%%%%"), "inside a comment");
        assert!(!objects("1 x ", "[1]"));
    }

    #[test]
    fn encryption_is_seen_in_any_spelling() {
        assert!(names_encryption(b"trailer << /Size 7 /Encrypt 5 0 R >>"));
        assert!(names_encryption(b"<< /#45ncr#79pt 5 0 R >>"));
        assert!(!names_encryption(b"<< /Encoding /WinAnsiEncoding /Enc#zz >> Encrypt"));
    }
}
