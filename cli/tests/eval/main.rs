//! `rtfm eval` from outside: what it measures, on both stores, and that retrieval does not get worse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod faults;
mod guard;
mod shapes;
mod shared_set;
mod stores;

use serde_json::Value;
use std::process::{Command, Output};

/// The small evaluation set of our own.
const NEIGHBOURHOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/neighbourhood.json");

/// The command with nothing of the real environment, in a directory where temporary files can be counted.
fn command(directory: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtfm"));
    command.arg("eval").args(arguments).current_dir(directory.path()).env_clear().env("TMPDIR", directory.path());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The object that is printed.
#[track_caller]
fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs it in a directory of its own, in which nothing may stay.
#[track_caller]
fn eval(arguments: &[&str]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let report = object(&command(&directory, &[arguments, &["--json"]].concat()).output().unwrap());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "something was left behind");
    report
}

/// Of each question, the ids that were found, best first.
fn rankings(report: &Value) -> Vec<(String, Vec<String>)> {
    let outcomes = report["sets"].as_array().unwrap().iter().flat_map(|set| set["outcomes"].as_array().unwrap());
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    outcomes.map(|outcome| (outcome["query_id"].as_str().unwrap().to_owned(), ids(&outcome["ranking"]))).collect()
}
