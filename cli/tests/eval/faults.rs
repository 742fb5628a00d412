//! What cannot be measured is named, with the remedy, and exit code 2.

use crate::{NEIGHBOURHOOD, command, text};

#[track_caller]
fn fault(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("broken.json"), "{\"messages\":[\n{\"content\":\"x\"}]}").unwrap();
    let output = command(&directory, arguments).envs(variables.iter().copied()).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert_eq!(text(&output.stdout), "");
    said
}

#[test]
fn a_file_that_does_not_fit_is_named_with_the_place() {
    let said = fault(&["broken.json"], &[]);
    assert!(said.starts_with("rtfm: broken.json:2:15: missing field `message_id`; "), "{said}");
    assert!(said.contains("docs/retrieval.md"), "{said}");
    assert!(fault(&["no-such.json"], &[]).starts_with("rtfm: no-such.json: No such file"));
}

#[test]
fn foundations_that_are_not_there_are_named() {
    let said = fault(&[NEIGHBOURHOOD, "--store", "qdrant"], &[]);
    assert!(said.contains("set QDRANT_URL"), "{said}");
    let said = fault(&[NEIGHBOURHOOD, "--embedder", "gemini"], &[]);
    assert!(said.starts_with("rtfm: GEMINI_API_KEY is not set"), "{said}");
}
