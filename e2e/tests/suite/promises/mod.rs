//! `SECURITY.md` and `PRIVACY.md` are promises. `promises.json` names for each of them the tests that prove it, or says why
//! no test can. The documents, the table and the tests cannot drift apart: what is quoted must be in the document, what
//! is named must exist, and every paragraph, row and list item must be quoted.

mod durations;
mod logs;
mod repository;
mod statements;

use serde_json::Value;
use statements::{Promise, joined, statements};
use std::{collections::BTreeSet, fs, path::Path};

/// A file of the repository.
fn text(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// The table.
fn promises() -> Vec<Promise> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("promises.json")).unwrap();
    rows.iter().map(Promise::read).collect()
}

const DOCUMENTS: [&str; 2] = ["SECURITY.md", "PRIVACY.md"];

#[test]
fn quoted_sentences_are_in_the_documents() {
    let documents = DOCUMENTS.map(|document| (document, joined(&text(document))));
    for promise in promises() {
        let (_, all) = documents.iter().find(|(document, _)| *document == promise.document).unwrap();
        assert!(all.contains(&promise.says), "{} no longer says: {}", promise.document, promise.says);
    }
}

#[test]
fn every_promise_names_tests_or_says_why_there_are_none() {
    for promise in promises() {
        let Promise { says, by, because, .. } = promise;
        assert_ne!(by.is_empty(), because.is_empty(), "tests or a reason, not both and not neither: {says}");
        for test in by {
            let (path, name) = test.split_once("::").unwrap_or_else(|| panic!("{test}: write path::name"));
            assert!(text(path).contains(&format!("fn {name}(")), "{path} has no test {name}, which proves: {says}");
        }
    }
}

#[test]
fn every_paragraph_row_and_list_item_is_quoted() {
    let promises = promises();
    for document in DOCUMENTS {
        let quoted: BTreeSet<String> = promises
            .iter()
            .filter(|promise| promise.document == document)
            .map(|promise| promise.says.clone())
            .collect();
        let missing: Vec<String> = statements(&text(document))
            .into_iter()
            .filter(|statement| !quoted.iter().any(|says| statement.contains(says.as_str())))
            .collect();
        let rows: Vec<String> = missing
            .iter()
            .map(|says| serde_json::json!({"in": document, "says": says, "by": ["path::name"]}).to_string())
            .collect();
        assert!(rows.is_empty(), "add to promises.json, shortened:\n{}", rows.join(",\n"));
    }
}
