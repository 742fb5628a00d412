//! Masks secrets: people post keys by mistake, and an answer never needs one.
//!
//! The rules are data, `secrets.json`, in the form of gitleaks: some know the keys of a service by their shape, the others
//! a random-looking value by the name before it, as in `token=…`. No rule takes a long random-looking text alone, so hashes,
//! ids and versions stay.

use regex::Regex;
use serde::Deserialize;
use std::{ops::Range, sync::LazyLock};

/// Characters of a secret that stay, so that its owner knows which one it is.
const SHOWN: usize = 4;
const MASK: &str = "…(masked)";
const DATA: &str = include_str!("secrets.json");

/// How to find one kind of secret.
#[derive(Deserialize)]
struct Rule {
    /// Texts without any of these words, in lower case, have no such secret. Spares them the slower search.
    keywords: Vec<String>,
    /// Matches the secret, or more than it: then the group `secret` is the secret.
    #[serde(deserialize_with = "regex")]
    regex: Regex,
    /// The least bits a byte of the secret, so that words and repetitions are none.
    #[serde(default)]
    entropy: f64,
    /// Matches what looks like the secret and is none.
    #[serde(default, deserialize_with = "regexes")]
    allow: Vec<Regex>,
    #[serde(default = "shown")]
    shown: usize,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| serde_json::from_str(DATA).unwrap_or_default());

fn shown() -> usize {
    SHOWN
}

fn regex<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Regex, D::Error> {
    Regex::new(&String::deserialize(source)?).map_err(serde::de::Error::custom)
}

fn regexes<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<Regex>, D::Error> {
    let sources = Vec::<String>::deserialize(source)?;
    sources.iter().map(|source| Regex::new(source).map_err(serde::de::Error::custom)).collect()
}

impl Rule {
    fn may_match(&self, lower_case: &str) -> bool {
        self.keywords.iter().any(|keyword| lower_case.contains(keyword.as_str()))
    }

    fn secrets(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        let found = self.regex.captures_iter(text).filter_map(|found| found.name("secret").or(found.get(0)));
        let is_secret = |secret: &str| {
            !secret.is_empty()
                && (self.entropy <= 0.0 || entropy(secret) >= self.entropy)
                && !self.allow.iter().any(|allowed| allowed.is_match(secret))
        };
        found.filter(move |secret| is_secret(secret.as_str())).map(|secret| secret.range())
    }
}

/// Shannon's entropy, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let share = |count: u32| f64::from(count) / text.len() as f64;
    counts.into_iter().filter(|count| *count > 0).map(share).map(|share| -share * share.log2()).sum()
}

/// The text with every secret as its first characters and a mask.
pub fn masked(text: &str) -> String {
    let lower_case = text.to_ascii_lowercase();
    let rules = RULES.iter().filter(|rule| rule.may_match(&lower_case));
    let mut secrets: Vec<(Range<usize>, usize)> =
        rules.flat_map(|rule| rule.secrets(text).map(|secret| (secret, rule.shown))).collect();
    secrets.sort_unstable_by_key(|(secret, _)| secret.start);
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for (secret, shown) in secrets {
        if secret.start >= end {
            masked.push_str(text.get(end..secret.start).unwrap_or_default());
            masked.extend(text.get(secret.clone()).unwrap_or_default().chars().take(shown));
            masked.push_str(MASK);
        }
        end = end.max(secret.end);
    }
    masked + text.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let odd = masked("-----BEGIN PRIVATE KEY-----MIIE--- -----END PRIVATE KEY-----");
        assert_eq!(odd, "-----BEGIN PRIVATE KEY-----…(masked)--- -----END PRIVATE KEY-----");
        let end = masked("-----BEGIN PRIVATE KEY----------END ----------END -----");
        assert_eq!(masked(&end), end, "masking again changes nothing");
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

    #[test]
    fn every_rule_is_sound() {
        let rules: Vec<Rule> = serde_json::from_str(DATA).unwrap();
        assert_eq!(rules.len(), RULES.len());
        for rule in &*RULES {
            let lower_case = |keyword: &String| !keyword.is_empty() && *keyword == keyword.to_ascii_lowercase();
            assert!(!rule.keywords.is_empty() && rule.keywords.iter().all(lower_case), "{}", rule.regex);
        }
    }

    #[test]
    fn a_secret_found_by_two_rules_is_masked_once_and_whole() {
        let hook = format!("token=https://discord.com/api/webhooks/1/{}", key("", 68));
        assert_eq!(masked(&hook), "token=https://discord.com/api/webhooks/1/aB3d…(masked)");
        assert_eq!(masked(&format!("token: {}+more4", key("ghp_", 36))), "token: ghp_…(masked)");
        assert_eq!(
            masked("token: https://a.example/?k=1&token=abc123DEF456"),
            "token: https://a.example/?k=1&token=abc1…(masked)"
        );
    }

    #[test]
    fn long_texts_without_spaces_take_no_longer_than_others() {
        for piece in [
            "a",
            "token",
            "token=",
            "pass:",
            "://a:",
            "://token:b",
            "eyJ",
            "sk-",
            "-----BEGIN PRIVATE KEY-----",
            "M.",
            "aB3",
            "/",
            "?",
        ] {
            let text = piece.repeat(120_000 / piece.len());
            assert!(masked(&text).len() <= text.len() + text.len() / 4, "{piece}");
        }
    }
}
