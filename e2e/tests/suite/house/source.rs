//! Sources as text: the production code of every crate, without comments and string literals.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of a crate's `src`.
pub(crate) struct Source {
    /// The crate's folder.
    pub(crate) krate: String,
    /// From the workspace's root, with slashes.
    pub(crate) path: String,
    pub(crate) code: String,
}

impl Source {
    /// The first module below the crate's root.
    pub(crate) fn room(&self) -> &str {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        let first = inside.split('/').next().unwrap_or("");
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Every production file of the workspace's crates.
pub(crate) fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in entries(root) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if folder.join("Cargo.toml").is_file() && folder.join("src").is_dir() {
            collect(root, &name, &folder.join("src"), &mut found);
        }
    }
    assert!(found.len() > 100, "the sources are not where they were: {}", found.len());
    found
}

fn collect(root: &Path, krate: &str, folder: &Path, found: &mut Vec<Source>) {
    for path in entries(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            collect(root, krate, &path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" && !name.ends_with("_tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { krate: krate.to_owned(), path: relative, code: production(&text) });
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// The code before the unit tests, which stand at a file's end.
fn production(text: &str) -> String {
    let code = without_comments_and_strings(text);
    let tests = code.match_indices("#[cfg(test)]").find(|(at, _)| {
        let next = code[at + "#[cfg(test)]".len()..].trim_start();
        next.starts_with("mod ") && next.lines().next().is_some_and(|line| line.trim_end().ends_with('{'))
    });
    tests.map_or(code.as_str(), |(at, _)| &code[..at]).to_owned()
}

fn without_comments_and_strings(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(next) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
        } else if next == '"' {
            string(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        out.push(' ');
        rest = &rest[skipped..];
    }
    out
}

/// The number of hashes of a raw string at the beginning.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a string literal at the beginning.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Whether `word` stands at `at` in `code` as a word of its own.
pub(crate) fn is_word(code: &str, at: usize, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    !code[..at].ends_with(part_of_word) && !code[at + word.len()..].starts_with(part_of_word)
}

#[test]
fn comments_strings_and_unit_tests_are_no_code() {
    let text = "use a::b; // c::d\nlet x = \"e::\\\"f\"; let y = r#\"g\"h\"#;\n#[cfg(test)]\nmod tests {\n i::j }";
    let code = production(text);
    assert!(code.contains("a::b") && code.contains("let y"), "{code}");
    for gone in ["c::d", "e::", "g\"h", "i::j"] {
        assert!(!code.contains(gone), "{gone} in {code}");
    }
}
