//! The reader on long streams, broken files and wrong fields.

use super::*;
use std::cell::RefCell;

const HEAD: &str = "{\n\"guild\": {\"id\": \"1\", \"name\": \"G\"},\n\"channel\": {\"id\": \"2\", \"name\": \"general\"},\n\
                    \"dateRange\": {\"after\": null, \"before\": null},\n\"messages\": [\n";

fn message(id: u64, content: &str) -> String {
    format!(
        "{{\"id\": \"{id}\", \"type\": \"Default\", \"timestamp\": \"2026-01-05T17:00:00+00:00\", \"content\": {content:?},\n\
         \"author\": {{\"id\": \"7\", \"name\": \"ana\"}}, \"embeds\": [], \"reactions\": [{{\"count\": 1}}]}}"
    )
}

fn export(messages: &[String]) -> String {
    format!("{HEAD}{}\n],\n\"messageCount\": {}\n}}", messages.join(",\n"), messages.len())
}

fn all(text: &str) -> (Vec<ExportItem>, Result<(), ReadError>) {
    let mut items = Vec::new();
    let result = read(text.as_bytes(), |item| {
        items.push(item);
        Ok(())
    });
    (items, result)
}

#[test]
fn a_malformed_message_is_named_and_reading_continues() {
    let wrong = message(11, "b").replace("\"2026-01-05T17:00:00+00:00\"", "17");
    let (items, result) = all(&export(&[message(10, "a"), wrong, message(12, "c")]));
    assert!(result.is_ok(), "{result:?}");
    let [ExportItem::Message(first), ExportItem::Malformed(error), ExportItem::Message(last)] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!((first.content.as_str(), last.content.as_str()), ("a", "c"));
    assert_eq!(error, "message 2 (id \"11\"), ending on line 9: field timestamp is a number, not a text");
}

#[test]
fn broken_syntax_loses_the_rest_and_says_where() {
    let text = export(&[message(10, "a"), message(11, "b")]).replace("\"id\": \"11\",", "\"id\": \"11\"");
    let (items, result) = all(&text);
    assert_eq!(items.len(), 1);
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with("8:"), "{error}");
    assert!(error.contains("1 messages before it were read"), "{error}");

    let cut = export(&[message(10, "a"), message(11, "b")]);
    let (items, result) = all(&cut[..cut.len() - 60]);
    assert_eq!(items.len(), 1);
    assert!(result.unwrap_err().to_string().contains("EOF"));
}

#[test]
fn other_files_are_refused() {
    for (text, says) in [
        ("{\"guild\": {\"id\": \"1\"}}", "no `messages`"),
        ("{\"messages\": []}", "`guild` must precede `messages`"),
        ("[1, 2]", "expected the object of a DiscordChatExporter export"),
        ("", "EOF"),
        ("<html>", "expected value"),
    ] {
        let (items, result) = all(text);
        assert!(items.is_empty());
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn a_byte_order_mark_is_accepted() {
    let (items, result) = all(&format!("\u{feff}{}", export(&[message(10, "a")])));
    assert!(result.is_ok());
    assert_eq!(items.len(), 1);
}

#[test]
fn a_closed_receiver_stops_the_reading() {
    let mut received = 0;
    let result = read(export(&[message(10, "a"), message(11, "b")]).as_bytes(), |_| {
        received += 1;
        Err(ReceiverClosed)
    });
    assert!(matches!(result, Err(ReadError::Stopped)));
    assert_eq!(received, 1);
}

/// Generates an export on the fly and counts the bytes that the reader takes.
struct GeneratedExport<'a> {
    next: u64,
    messages: u64,
    part: std::io::Cursor<Vec<u8>>,
    taken: &'a Cell<u64>,
}

impl Read for GeneratedExport<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.part.position() == self.part.get_ref().len() as u64 && self.next <= self.messages {
            let comma = if self.next + 1 < self.messages { "," } else { "" };
            let text = match self.next {
                n if n < self.messages => format!("{}{comma}\n", message(n + 1, &"x".repeat(500))),
                _ => "]}".to_owned(),
            };
            self.part = std::io::Cursor::new(text.into_bytes());
            self.next += 1;
        }
        let length = self.part.read(buffer)?;
        self.taken.set(self.taken.get() + length as u64);
        Ok(length)
    }
}

#[test]
fn never_more_than_a_buffer_and_a_message_are_held() {
    let taken = Cell::new(0);
    let (handed, furthest) = (RefCell::new(0_u64), RefCell::new(0_u64));
    let source = GeneratedExport {
        next: 0,
        messages: 5_000,
        part: std::io::Cursor::new(HEAD.as_bytes().to_vec()),
        taken: &taken,
    };
    read(source, |item| {
        let ExportItem::Message(read) = item else { panic!("{item:?}") };
        let whole = message(read.message_id.snowflake().unwrap(), &read.content).len() as u64;
        *handed.borrow_mut() += whole;
        let ahead = taken.get() - *handed.borrow();
        let furthest = &mut *furthest.borrow_mut();
        *furthest = ahead.max(*furthest);
        Ok(())
    })
    .unwrap();
    assert!(taken.get() > 3_000_000, "the export is large: {}", taken.get());
    // The separators between the messages count as ahead here: two bytes each.
    assert!(*furthest.borrow() < 32 * 1024 + 2_000 + 2 * 5_000, "{} bytes were read ahead", furthest.borrow());
}
