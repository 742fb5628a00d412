//! Things that look like secrets, masked: people post keys by mistake, and nobody needs one to understand an answer.
//!
//! Two ways to know one: by its shape (keys of well-known services say what they are), and by what is said of it (a
//! random-looking value after `token=`). A long random-looking text alone is none: hashes, ids and versions stay.

/// Characters of a secret that are shown, so that its owner knows which one it is.
const SHOWN: usize = 4;
const MASK: &str = "…(masked)";

/// How keys of services begin, and how many characters follow at the least.
const KEYS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("glpat-", 18),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxe-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("whsec_", 20),
    ("npm_", 30),
    ("hf_", 30),
    ("pypi-", 40),
    ("shpat_", 30),
    ("dop_v1_", 40),
    ("ya29.", 20),
    ("mfa.", 40),
    ("SG.", 40),
];

/// Words that say that what is assigned to them is secret.
const SAYING: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "pwd",
    "pass",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "api key",
    "access_key",
    "accesskey",
    "access key",
    "secret_key",
    "private_key",
    "client_secret",
    "credential",
    "bearer",
];

/// The text with every secret as its first characters and a mask.
pub(super) fn masked(text: &str) -> String {
    let text = without_private_keys(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut previous = None;
    while let Some(c) = rest.chars().next() {
        let begins = !previous.is_some_and(is_of_a_key);
        let length = if begins { secret(rest) } else { None }.or_else(|| assigned(&out, rest));
        match length.and_then(|length| rest.split_at_checked(length)) {
            Some((secret, tail)) if !secret.is_empty() => {
                out.extend(secret.chars().take(SHOWN));
                out.push_str(MASK);
                // What follows directly is no beginning of another.
                (rest, previous) = (tail, Some('x'));
            }
            _ => {
                out.push(c);
                previous = Some(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

fn is_of_a_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn is_of_a_dotted_key(c: char) -> bool {
    is_of_a_key(c) || c == '.'
}

/// How long the run at the beginning is.
fn run(text: &str, of: impl Fn(char) -> bool) -> &str {
    text.get(..text.find(|c| !of(c)).unwrap_or(text.len())).unwrap_or_default()
}

/// The length of a secret that begins here, known by its shape.
fn secret(text: &str) -> Option<usize> {
    if !text.starts_with(is_of_a_key) {
        return None;
    }
    let (word, dotted) = (run(text, is_of_a_key), run(text, is_of_a_dotted_key).trim_end_matches('.'));
    for (prefix, least) in KEYS {
        let word = if prefix.ends_with('.') { dotted } else { word };
        let Some(rest) = word.strip_prefix(prefix) else { continue };
        let fits = match *prefix {
            "AKIA" | "ASIA" => {
                rest.len() == *least && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            }
            _ => rest.len() >= *least && rest.bytes().any(|byte| byte.is_ascii_digit()),
        };
        if fits {
            return Some(word.len());
        }
    }
    let parts: Vec<usize> = dotted.split('.').map(str::len).collect();
    let is_jwt = dotted.starts_with("eyJ") && parts.len() >= 3 && dotted.len() >= 40;
    // Its first part is the bot's id, digits in base64.
    let is_bot = dotted.starts_with(['M', 'N', 'O'])
        && matches!(parts.as_slice(), [id, time, mac] if (22..=30).contains(id) && (5..=8).contains(time) && *mac >= 25);
    if is_jwt || is_bot {
        return Some(dotted.len());
    }
    // A bot of Telegram: its number, a colon, and 35 characters.
    let number = run(text, |c| c.is_ascii_digit());
    let tail = text.strip_prefix(number)?.strip_prefix(':').filter(|_| (8..=10).contains(&number.len()))?;
    (run(tail, is_of_a_key).len() == 35).then_some(number.len() + 36)
}

/// The length of a secret that begins here because of what stands before it: a name that says so, a URL's user, a
/// webhook's number.
fn assigned(before: &str, text: &str) -> Option<usize> {
    if !text.starts_with(|c: char| c.is_ascii_graphic()) {
        return None;
    }
    let url = before.get(before.rfind(char::is_whitespace).map_or(0, |at| at + 1)..).unwrap_or_default();
    if before.ends_with(':') && url.contains("://") && !url.ends_with("://:") {
        let (password, _) = text.split_once('@')?;
        let authority = url.split_once("://").map_or("", |(_, rest)| rest);
        let is_user = !authority.contains(['/', '@', '?', '#']) && authority.len() > 1;
        let is_password = !password.is_empty() && !password.contains(|c: char| c.is_whitespace() || "/?#…".contains(c));
        return (is_user && is_password).then_some(password.len());
    }
    if let Some((_, path)) = url.split_once("/api/webhooks/") {
        let is_number = path.strip_suffix('/').is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        let token = run(text, is_of_a_key);
        return (is_number && token.len() >= 30).then_some(token.len());
    }
    let said = before.trim_end_matches(['"', '\'', '`', '*', ' ']);
    let name = match said.strip_suffix(['=', ':']) {
        Some(name) => name.trim_end_matches(['"', '\'', '`', '*', ' ', ':']),
        // "Authorization: Bearer …" has no sign in between.
        None if before.ends_with(' ') && said.len() >= 6 => Some(said).filter(|said| ends_with(said, "bearer"))?,
        None => return None,
    };
    if !SAYING.iter().any(|saying| ends_with(name, saying)) {
        return None;
    }
    let value =
        run(text, |c| c.is_ascii_graphic() && !"\"'`,;<>()[]{}|".contains(c)).trim_end_matches(['.', '!', '?', '*']);
    // What was masked already goes on with the mask.
    let goes_on = text.get(value.len()..).is_some_and(|tail| tail.starts_with('…'));
    (looks_random(value) && !goes_on).then_some(value.len())
}

fn ends_with(text: &str, word: &str) -> bool {
    let start = text.len().checked_sub(word.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// Whether a value is one that nobody would say: long enough, of several kinds of characters, and hardly repetitive.
fn looks_random(value: &str) -> bool {
    if value.len() < 8 || value.starts_with(['$', '%', '/', '.']) || value.contains("://") {
        return false;
    }
    let has = |of: fn(&u8) -> bool| usize::from(value.bytes().any(|byte| of(&byte)));
    let signs = has(|byte| byte.is_ascii_punctuation() && !b"_-.".contains(byte));
    let digits = has(u8::is_ascii_digit);
    let kinds = has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + 2 * digits + 2 * signs;
    let mut distinct: Vec<u8> = value.bytes().collect();
    distinct.sort_unstable();
    distinct.dedup();
    kinds >= 3 && distinct.len() >= 6
}

/// Blocks of PEM that hold a private key, reduced to their first line's beginning.
fn without_private_keys(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN ";
    const KEY: &str = "PRIVATE KEY";
    const END: &str = "-----END ";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        out.push_str(before);
        out.push_str(BEGIN);
        let Some((label, body)) = after.split_once("-----").filter(|(label, _)| label.contains(KEY)) else {
            rest = after;
            continue;
        };
        out.push_str(label);
        out.push_str("-----");
        out.push_str(MASK);
        rest = match body.split_once(END).and_then(|(_, end)| end.split_once("-----")) {
            Some((_, tail)) => tail,
            // Its end was cut off: whatever looks like more of it goes.
            None => {
                body.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "+/=".contains(c))
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::masked;

    /// Put together here, so that nothing in the sources looks like a key to those who search for them.
    fn key(prefix: &str, length: usize) -> String {
        let body: String = "aB3dE6gH9jK2mN5pQ8sT".chars().cycle().take(length).collect();
        format!("{prefix}{body}")
    }

    #[test]
    fn keys_of_services_are_known_by_their_shape() {
        for secret in [
            key("ghp_", 36),
            key("github_pat_", 60),
            key("glpat-", 20),
            key("xoxb-", 40),
            key("AIza", 35),
            key("sk-proj-", 40),
            key("sk_live_", 24),
            key("npm_", 36),
            key("hf_", 34),
            format!("AKIA{}", "ABCD2345".repeat(2)),
            format!("{}.Gx9aBc.{}", key("MTk4", 20), key("", 38)),
            format!("{}.{}.{}", key("eyJ", 20), key("eyJ", 30), key("", 43)),
            format!("123456789:{}", key("", 35)),
        ] {
            let shown: String = secret.chars().take(4).collect();
            for (before, after) in [("use ", " now"), ("`", "`"), ("key=", ", ok"), ("", ".")] {
                assert_eq!(masked(&format!("{before}{secret}{after}")), format!("{before}{shown}…(masked){after}"));
            }
        }
    }

    #[test]
    fn what_is_said_to_be_secret_is_when_it_looks_like_it() {
        for (text, expected) in [
            ("password: hunter2x", "password: hunt…(masked)"),
            ("DB_PASSWORD=\"s3cr3t-Xy\"", "DB_PASSWORD=\"s3cr…(masked)\""),
            ("api_key = 9f8a7b6c5d4e, then", "api_key = 9f8a…(masked), then"),
            ("**Token:** `abc123DEF456`", "**Token:** `abc1…(masked)`"),
            ("Authorization: Bearer abc123DEF456", "Authorization: Bearer abc1…(masked)"),
            ("postgres://app:p4ssw0rd@db/x", "postgres://app:p4ss…(masked)@db/x"),
            ("https://a:b@c.example", "https://a:b…(masked)@c.example"),
        ] {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(expected), expected, "masking again changes nothing");
        }
        let hook = format!("https://discord.com/api/webhooks/123456/{}", key("", 68));
        assert_eq!(masked(&hook), "https://discord.com/api/webhooks/123456/aB3d…(masked)");
        let pem = "x -----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\nAAAA\n-----END RSA PRIVATE KEY----- y";
        assert_eq!(masked(pem), "x -----BEGIN RSA PRIVATE KEY-----…(masked) y");
        assert_eq!(masked("-----BEGIN PRIVATE KEY-----\nMIIE"), "-----BEGIN PRIVATE KEY-----…(masked)");
    }

    #[test]
    fn what_only_looks_random_stays() {
        for text in [
            "fixed in 3f786850e387550fdab836ed7e6dc881de23001b",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "id 123e4567-e89b-12d3-a456-426614174000, v1.2.3-rc.4+build.5",
            "https://discord.com/channels/198622483471925248/198622483471925249/198622483471925250",
            "the wifi password is heron",
            "password: heron",
            "token: <your-token>",
            "secret=${SECRET}",
            "token count: 12",
            "password: changeme",
            "sk-learn-is-a-nice-library-for-it",
            "the key: see https://a.example/x1",
            "https://a.example:8443/x@y",
            "pass the salt: it is over there",
            "eyJ is how a JWT begins",
            "MASKED.or.not",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "ghp_short",
            "at 12:30 @ana",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
