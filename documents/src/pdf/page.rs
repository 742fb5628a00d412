//! The text of one page, from the operators that show it.

use lopdf::{
    Document, Encoding, Object, ObjectId,
    content::{Content, Operation},
};
use std::collections::BTreeMap;

/// Operators of a page.
const OPERATORS: usize = 500_000;
/// Fonts of a page.
const FONTS: usize = 64;
/// A gap of this width, in thousandths of the font's size, separates words.
const WORD_GAP: f32 = 180.0;
/// Smaller moves do not count.
const STILL: f32 = 0.01;

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
    pub(super) fn read(document: &'a Document, id: ObjectId, most_unpacked: usize, enough: usize) -> Option<String> {
        let content = document.get_page_content_with_limit(id, most_unpacked).ok()?;
        let fonts = document.get_page_fonts(id).ok()?.into_iter().take(FONTS);
        let encoding = |(name, font): (Vec<u8>, &'a lopdf::Dictionary)| {
            Some((name, font.get_font_encoding_with_limit(document, most_unpacked).ok()?))
        };
        let fonts = fonts.filter_map(encoding).collect();
        let mut page = Self { fonts, font: None, text: String::new(), line: (0.0, 0.0), gap: None };
        for operation in Content::decode_iter(&content).take(OPERATORS) {
            // The text before a damaged operator counts.
            let Ok(operation) = operation else { break };
            if page.text.len() >= enough {
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
        if (y - from_y).abs() > STILL {
            self.gap = Some('\n');
        } else if (x - from_x).abs() > STILL {
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
                self.text.extend(letters(&text).filter(|c| !c.is_control() || *c == '\n'));
            }
            // Numbers in the array move back: a wide gap separates words.
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

/// The text with ligatures taken apart: books use them, searches do not.
pub(super) fn letters(text: &str) -> impl Iterator<Item = char> {
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
