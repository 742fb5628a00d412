//! Recognises addresses in running text.

use url::Url;

/// Characters that end an address.
const ENDS: &str = "<>()[]\"`";
/// Characters at the end of an address that do not belong to it.
const PUNCTUATION: [char; 13] = ['.', ',', ';', ':', '!', '?', '*', '_', '\'', '。', '、', '，', '…'];
/// Schemes whose addresses have no slashes.
const SCHEMES: [&str; 9] =
    ["javascript:", "vbscript:", "data:text/", "data:image/", "data:application/", "mailto:", "tel:", "sms:", "blob:"];
/// Addresses that Discord renders everywhere, even without a scheme.
const INVITES: [&str; 4] = ["discord.gg/", "dsc.gg/", "discord.com/invite/", "discordapp.com/invite/"];
/// Top-level names that are more often file extensions.
const FILES: [&str; 49] = [
    "rs", "md", "py", "js", "ts", "jsx", "tsx", "mjs", "json", "jsonl", "toml", "yaml", "yml", "txt", "log", "sh",
    "bat", "go", "java", "kt", "swift", "c", "h", "cc", "cpp", "hpp", "cs", "html", "htm", "css", "scss", "png", "jpg",
    "jpeg", "gif", "svg", "pdf", "exe", "dll", "so", "lock", "env", "cfg", "conf", "ini", "xml", "csv", "sql", "rb",
];
/// Product names that look like host names.
const THINGS: [&str; 6] = ["node.js", "vue.js", "next.js", "asp.net", "deno.land", "socket.io"];

/// An address as written in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a>(&'a str);

impl Address<'_> {
    /// A key that equal addresses share: scheme and host in lower case.
    pub(super) fn key(&self) -> String {
        let (scheme, rest) = match self.0.split_once("://") {
            Some((scheme, rest)) => (format!("{}://", scheme.to_ascii_lowercase()), rest),
            None => (String::new(), self.0),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        format!("{scheme}{}{path}", host.to_ascii_lowercase())
    }

    /// The guild and channel ids of a link to a Discord message or channel.
    pub(super) fn message(&self) -> Option<(String, String)> {
        let rest = self.0.split_once("://").map_or(self.0, |(_, rest)| rest);
        let (host, path) = rest.split_once('/')?;
        let host = host.to_ascii_lowercase();
        let is_discord = ["discord.com", "discordapp.com"].iter().any(|own| {
            host.strip_suffix(own)
                .is_some_and(|before| before.is_empty() || before.ends_with('.') || before.ends_with('@'))
        });
        let mut parts = path.trim_start_matches('/').split('/');
        let is_message = is_discord && parts.next().is_some_and(|part| part.eq_ignore_ascii_case("channels"));
        let mut id = || parts.next().unwrap_or_default().to_owned();
        is_message.then(|| (id(), id()))
    }
}

/// Finds the first address: the text before it, the address, the text after it. `bare` includes host names without a
/// scheme.
pub(super) fn next(text: &str, bare: bool) -> Option<(&str, Address<'_>, &str)> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let start = from + rest.find(|c: char| !is_end(c))?;
        let rest = text.get(start..)?;
        let end = end_of_token(rest);
        let token = rest.get(..end)?;
        if let Some(begins) = with_scheme(token).or_else(|| without_scheme(token, rest.get(end..)?, bare)) {
            let address = token.get(begins..)?.trim_end_matches(PUNCTUATION);
            let end = start + begins + address.len();
            return Some((text.get(..start + begins)?, Address(address), text.get(end..)?));
        }
        from = start + end;
    }
}

/// The end of the token that a text begins with. Brackets directly after a scheme hold a number of IPv6.
fn end_of_token(text: &str) -> usize {
    let end_from = |at: usize| text.get(at..).and_then(|rest| rest.find(is_end)).map_or(text.len(), |end| at + end);
    let end = end_from(0);
    let is_host = text.get(..end).is_some_and(|token| token.ends_with("://"));
    let host = text.get(end..).filter(|rest| is_host && rest.starts_with('[')).and_then(|rest| rest.find(']'));
    host.map_or(end, |closing| end_from(end + closing + 1))
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || ENDS.contains(c)
}

/// The start of an address with a scheme inside a token.
fn with_scheme(token: &str) -> Option<usize> {
    let lower = token.to_ascii_lowercase();
    let slashes = lower.find("://").filter(|at| lower.len() > at + 3).and_then(|at| {
        let scheme = lower.get(..at)?;
        let length = scheme.bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || b"+.-".contains(b)).count();
        (length > 0).then_some(at - length)
    });
    let others = SCHEMES.iter().filter_map(|scheme| {
        let at = lower.find(scheme).filter(|at| lower.len() > at + scheme.len())?;
        let before = lower.get(..at)?.chars().next_back();
        (!before.is_some_and(char::is_alphanumeric)).then_some(at)
    });
    slashes.into_iter().chain(others).min()
}

/// The start of a host name inside a token.
fn without_scheme(token: &str, after: &str, bare: bool) -> Option<usize> {
    let lower = token.to_lowercase();
    let invite = INVITES.iter().filter_map(|invite| lower.find(invite)).min();
    if invite.is_some() || !bare || token.contains('\\') {
        return invite.filter(|_| lower.len() == token.len());
    }
    // `os.path()` is a call.
    if after.starts_with('(') {
        return None;
    }
    let mut at = 0;
    for part in token.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')) {
        if is_server(part) {
            // Text before the host name in its token is a user or a misspelt scheme.
            return Some(token.len() - token.trim_start_matches(|c: char| !c.is_alphanumeric()).len());
        }
        at += part.len();
        // A token that starts with a slash is a path, so its later parts are no hosts.
        if token.get(at..).is_some_and(|rest| rest.starts_with('/')) && token.starts_with('/') {
            return None;
        }
        at += token.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    None
}

/// Whether a text looks like a host name: labels whose last one is lower case and no file extension.
fn is_server(text: &str) -> bool {
    let text = text.trim_matches(['.', '-']);
    let Some((rest, last)) = text.rsplit_once('.') else { return false };
    let is_top = last.chars().count() >= 2
        && (last.starts_with("xn--")
            || last.chars().all(|c| c.is_alphabetic() && (c.is_lowercase() || !c.is_uppercase())));
    let labels = rest.split('.').all(|label| !label.is_empty());
    // Numbers with a unit, abbreviations and file names are no hosts.
    let is_number = rest.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    let is_abbreviation = rest.split('.').all(|label| label.chars().count() == 1) && last.chars().count() <= 2;
    let lower = text.to_lowercase();
    is_top && labels && !is_number && !is_abbreviation && !FILES.contains(&last) && !THINGS.contains(&lower.as_str())
}

/// The display form of an address: a host with non-ASCII letters in Punycode. `None` when its user part imitates a
/// host.
pub(super) fn shown(address: &Address<'_>) -> Option<String> {
    let text = address.0;
    let Some((_, rest)) = text.split_once("://") else { return Some(text.to_owned()) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@')
        && user.contains('.')
    {
        return None;
    }
    if authority.is_ascii() {
        return Some(text.to_owned());
    }
    Url::parse(text).ok().map(String::from)
}
