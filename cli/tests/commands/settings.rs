//! `.env.example` documents every setting that the programs read, and no other.

use crate::deployment::root;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Values that look like a variable's name.
const VALUES: [&str; 4] = ["PLAIN", "PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"];

/// Whether a text looks like a variable's name.
fn is_name(text: &str) -> bool {
    text.len() > 3
        && !VALUES.contains(&text)
        && !text.starts_with("CARGO_")
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The names that the non-test code of packages passes to `Env`, directly or through a helper of a `from_env`.
pub(crate) fn read_by(packages: &[&str]) -> BTreeSet<String> {
    let mut files = Vec::new();
    for package in packages.iter().map(|package| root().join(package).join("src")).filter(|path| path.is_dir()) {
        sources(&package, &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if !code.contains("from_env") && !code.contains("Env") {
            continue;
        }
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        names.extend(code.split('"').skip(1).step_by(2).filter(|text| is_name(text)).map(str::to_owned));
    }
    names
}

/// The names in `.env.example`, commented out or not.
pub(crate) fn documented() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(".env.example")).unwrap();
    let lines = text.lines().filter_map(|line| line.trim_start_matches('#').split_once('='));
    lines.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect()
}

#[test]
fn every_setting_is_in_the_example() {
    let (read, documented) = (read_by(&["shared", "models", "documents", "memory", "processor", "bot"]), documented());
    assert!(read.contains("KAFKA_BOOTSTRAP_SERVERS") && read.contains("GEMINI_API_KEY"), "{read:?}");
    let missing: Vec<_> = read.difference(&documented).collect();
    assert!(missing.is_empty(), "not in .env.example: {missing:?}");
    // Read by entrypoint.sh and docker-compose.yml, not by the programs.
    let deployment = ["KAFKA_WAIT_TRIES", "GRAFANA_PASSWORD"];
    let unknown: Vec<_> = documented.difference(&read).filter(|name| !deployment.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "in .env.example, but no program reads it: {unknown:?}");
}
