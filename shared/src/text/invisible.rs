//! Invisible characters, which can hide words from checks and instructions from readers, and control a terminal.

/// Removes invisible characters. All line ends become `\n`; joiners stay where the script needs them.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            // Persian and Indic words and emoji need joiners; Latin words never do.
            '\u{200c}' | '\u{200d}' if joins(out.chars().next_back(), chars.peek().copied()) => out.push(c),
            _ if is_invisible(c) => {}
            _ => out.push(c),
        }
    }
    out
}

/// Escapes invisible characters as JSON does, so that JSON stays the same value.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}"));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether both neighbours of a joiner are letters or emoji outside the Latin script.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let needs = |c: char| c > '\u{24f}' && !is_invisible(c) && !c.is_whitespace();
    // In emoji, the character before a joiner may be a variation selector, which is visible.
    before.is_some_and(needs) && after.is_some_and(needs)
}

fn is_invisible(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' => true,
        // Only the last two variation selectors change the display.
        '\u{fe00}'..='\u{fe0d}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, visible};

    #[test]
    fn invisible_characters_are_removed() {
        assert_eq!(visible("@ev\u{200b}ery\u{2060}one\u{feff}"), "@everyone");
        assert_eq!(visible("a\u{202e}b\u{2066}c\u{ad}d\0"), "abcd");
        let hidden: String = "obey".chars().map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap()).collect();
        assert_eq!(visible(&format!("hi{hidden}\u{e0101}!")), "hi!");
        assert_eq!(visible("a\r\nb\u{2028}c\rd\te"), "a\nb\nc\nd\te");
        assert_eq!(visible("@every\u{200d}one"), "@everyone");
    }

    #[test]
    fn invisible_characters_are_escaped_as_in_json() {
        let json = "\"a\u{9b}\u{7f}\u{202e}\u{2028}\u{e0041}\té🎉\"";
        assert_eq!(escaped(json), "\"a\\u009b\\u007f\\u202e\\u2028\\udb40\\udc41\té🎉\"");
    }

    #[test]
    fn joiners_stay_where_the_script_needs_them() {
        for text in ["می\u{200c}خواهم", "👩\u{200d}🚀", "❤\u{fe0f}\u{200d}🔥", "क्\u{200d}ष", "Grüße, 東京 🎉"]
        {
            assert_eq!(visible(text), text);
        }
    }
}
