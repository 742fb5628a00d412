//! Warnings about variables that look like a setting but are none: a typing error would silently select the default.

use crate::checks::Check;
use rtfm_shared::config::Env;

/// The example file, which documents every setting.
const EXAMPLE: &str = include_str!("../../../../.env.example");

/// Prefixes of our settings.
const OUR_PREFIXES: [&str; 4] = ["RTFM_", "GEMINI_", "DISCORD_", "QDRANT_"];

/// Variables that other programs or our scripts read.
const KNOWN_ELSEWHERE: [&str; 3] = ["KAFKA_LIBS", "KAFKA_HOME", "KAFKA_OPTS"];

pub(super) fn check(env: &Env) -> Vec<Check> {
    let known = known();
    let mut names: Vec<&str> =
        env.names().filter(|name| !known.contains(name) && !KNOWN_ELSEWHERE.contains(name)).collect();
    names.sort_unstable();
    names.into_iter().filter_map(|name| warning(name, &known)).collect()
}

fn warning(name: &str, known: &[&str]) -> Option<Check> {
    let nearest = known.iter().map(|known| (distance(name, known), *known)).min().filter(|(steps, _)| *steps <= 2);
    let finding = format!("{name} is set, but no setting has this name");
    match nearest {
        Some((_, nearest)) if name.len() > 5 => {
            Some(Check::warning("settings", finding, format!("did you mean {nearest}?")))
        }
        _ if OUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => {
            Some(Check::warning("settings", finding, ".env.example lists every setting"))
        }
        _ => None,
    }
}

fn known() -> Vec<&'static str> {
    let lines = EXAMPLE.lines().filter_map(|line| line.trim_start_matches('#').trim_start().split_once('='));
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    lines.map(|(name, _)| name).filter(|name| is_name(name)).collect()
}

/// The number of typing errors between two names (Damerau–Levenshtein distance).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX / 2);
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    let mut previous = None;
    for (n, from) in a.chars().enumerate() {
        let mut row = vec![n + 1];
        for (m, to) in b.iter().enumerate() {
            let swapped = m.checked_sub(1).and_then(|left| Some((left, b.get(left)?, previous?)));
            let swap = match swapped {
                Some((left, earlier, before_it)) if *earlier == from && before_it == *to => at(&before, left) + 1,
                _ => usize::MAX / 2,
            };
            let change = at(&last, m) + usize::from(from != *to);
            row.push(change.min(at(&last, m + 1) + 1).min(at(&row, m) + 1).min(swap));
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(from);
    }
    at(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_typing_errors() {
        for (a, b, steps) in [
            ("GEMINI_MODEL", "GEMINI_MODEL", 0),
            ("GEMINI_MODLE", "GEMINI_MODEL", 1),
            ("GEMINI_MODE", "GEMINI_MODEL", 1),
            ("GEMNI_MODELS", "GEMINI_MODEL", 2),
            ("", "abc", 3),
            ("abc", "", 3),
        ] {
            assert_eq!(distance(a, b), steps, "{a} {b}");
        }
    }

    #[test]
    fn only_names_like_ours_are_reported() {
        assert!(known().contains(&"RTFM_DATA_DIR") && known().contains(&"KAFKA_BOOTSTRAP_SERVERS"), "{:?}", known());
        let env = Env::of([
            ("KAFKA_BOOTSTRAP_SERVER", "x"),
            ("DISCORD_TOKEN", "x"),
            ("QDRANT_COLOUR", "x"),
            ("KAFKA_LIBS", "x"),
            ("HOME", "x"),
            ("PATH", "x"),
        ]);
        let warnings: Vec<_> = check(&env).into_iter().map(|check| (check.finding, check.remedy.unwrap())).collect();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert_eq!(warnings[0].1, "did you mean KAFKA_BOOTSTRAP_SERVERS?");
        assert!(warnings[1].0.starts_with("QDRANT_COLOUR"));
    }
}
