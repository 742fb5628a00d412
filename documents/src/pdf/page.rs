//! The text of one page, from the operators that show it.

use lopdf::{
    Document, Encoding, Object, ObjectId,
    content::{Content, Operation},
};
use std::collections::BTreeMap;

/// The most operators of a page that are read.
const MAX_OPERATORS: usize = 500_000;
/// The most fonts of a page that are read.
const MAX_FONTS: usize = 64;
/// A gap of this width, in thousandths of the font's size, separates words.
const WORD_GAP: f32 = 180.0;
/// Moves up to this distance neither begin a line nor separate words.
const SAME_LINE_TOLERANCE: f32 = 0.01;

/// The state while a page's operators are read.
pub(super) struct PageReader<'a> {
    fonts: BTreeMap<Vec<u8>, Encoding<'a>>,
    font: Option<Vec<u8>>,
    text: String,
    /// Where the current line begins.
    line: (f32, f32),
    /// The separator before the next text.
    gap: Option<char>,
}

impl<'a> PageReader<'a> {
    /// The text of a page, or none if it cannot be read.
    pub(super) fn read(
        document: &'a Document,
        id: ObjectId,
        max_unpacked_bytes: usize,
        max_text_bytes: usize,
    ) -> Option<String> {
        let content = document.get_page_content_with_limit(id, max_unpacked_bytes).ok()?;
        let fonts = document.get_page_fonts(id).ok()?.into_iter().take(MAX_FONTS);
        let encoding = |(name, font): (Vec<u8>, &'a lopdf::Dictionary)| {
            Some((name, font.get_font_encoding_with_limit(document, max_unpacked_bytes).ok()?))
        };
        let fonts = fonts.filter_map(encoding).collect();
        let mut page = Self { fonts, font: None, text: String::new(), line: (0.0, 0.0), gap: None };
        for operation in Content::decode_iter(&content).take(MAX_OPERATORS) {
            // Keep the text before a damaged operator.
            let Ok(operation) = operation else { break };
            if page.text.len() >= max_text_bytes {
                break;
            }
            page.take(&operation);
        }
        Some(page.text)
    }

    fn take(&mut self, operation: &Operation) {
        let operands = operation.operands.as_slice();
        let number = |place: usize| operands.get(place).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0);
        match operation.operator.as_str() {
            "Tf" => self.font = operands.first().and_then(|name| name.as_name().ok()).map(<[u8]>::to_vec),
            "Td" | "TD" => {
                let (x, y) = self.line;
                self.go_to((x + number(0), y + number(1)));
            }
            "Tm" => self.go_to((number(4), number(5))),
            "T*" => self.gap = Some('\n'),
            "BT" => self.gap = self.gap.or(Some(' ')),
            "Tj" | "TJ" => operands.iter().for_each(|operand| self.show(operand)),
            "'" | "\"" => {
                self.gap = Some('\n');
                operands.iter().for_each(|operand| self.show(operand));
            }
            _ => {}
        }
    }

    fn go_to(&mut self, (x, y): (f32, f32)) {
        let (from_x, from_y) = std::mem::replace(&mut self.line, (x, y));
        if (y - from_y).abs() > SAME_LINE_TOLERANCE {
            self.gap = Some('\n');
        } else if (x - from_x).abs() > SAME_LINE_TOLERANCE {
            self.gap = self.gap.or(Some(' '));
        }
    }

    fn show(&mut self, shown: &Object) {
        match shown {
            Object::String(bytes, _) => {
                let Some(encoding) = self.font.as_ref().and_then(|font| self.fonts.get(font)) else { return };
                let Ok(text) = encoding.bytes_to_string(bytes) else { return };
                let begins_apart = text.starts_with(char::is_whitespace);
                if let Some(gap) = self.gap.take().filter(|gap| *gap == '\n' || !begins_apart)
                    && !self.text.is_empty()
                    && !self.text.ends_with('\n')
                    && !(gap == ' ' && self.text.ends_with(' '))
                {
                    self.text.push(gap);
                }
                self.text.extend(without_ligatures(&text).filter(|c| !c.is_control() || *c == '\n'));
            }
            // A number in the array moves the next text; a wide move to the right separates words.
            Object::Array(items) => {
                for item in items {
                    match item.as_float() {
                        Ok(back) if back < -WORD_GAP => self.gap = self.gap.or(Some(' ')),
                        Ok(_) => {}
                        Err(_) if matches!(item, Object::String(..)) => self.show(item),
                        Err(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// The text with ligatures split into letters: books use them, searches do not.
pub(super) fn without_ligatures(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(|c| {
        let pair = match c {
            '\u{fb00}' => "ff",
            '\u{fb01}' => "fi",
            '\u{fb02}' => "fl",
            '\u{fb03}' => "ffi",
            '\u{fb04}' => "ffl",
            '\u{fb05}' | '\u{fb06}' => "st",
            _ => "",
        };
        let single = pair.is_empty().then_some(c);
        pair.chars().chain(single)
    })
}
