//! What is done to every text before it is shown, whoever wrote it and whoever shows it.

/// The text with a zero-width space in every word that calls all, and in mentions with an `@` of another width: it
/// reads the same and calls nobody, wherever it is copied to.
pub fn defused(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, sign)) = rest.char_indices().find(|(_, c)| matches!(c, '@' | '＠' | '﹫')) {
        let (before, after) = rest.split_at(at + sign.len_utf8());
        out.push_str(before);
        let calls = |word: &str| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        // Discord makes a mention of it as soon as somebody's keyboard or clipboard makes an `@` of it.
        let mentions = sign != '@' && rest.get(..at).is_some_and(|before| before.ends_with('<'));
        if calls("everyone") || calls("here") || (mentions && names_somebody(after)) {
            out.push('\u{200b}');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether a text begins like the rest of a mention: `123>`, `!123>`, `&123>`.
fn names_somebody(text: &str) -> bool {
    let id = text.strip_prefix(['!', '&']).unwrap_or(text);
    id.split_once('>').is_some_and(|(id, _)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_however_it_is_written() {
        let calm = defused("@everyone @HERE ＠everyone @here! @ana @@everyone @");
        assert_eq!(calm, "@\u{200b}everyone @\u{200b}HERE ＠\u{200b}everyone @\u{200b}here! @ana @@\u{200b}everyone @");
        assert_eq!(defused(&calm), calm);
        let calm = defused("<＠123> <﹫!123> <＠&123> <@123> <＠ana> a＠123>");
        assert_eq!(calm, "<＠\u{200b}123> <﹫\u{200b}!123> <＠\u{200b}&123> <@123> <＠ana> a＠123>");
        assert_eq!(defused(&calm), calm);
    }
}
