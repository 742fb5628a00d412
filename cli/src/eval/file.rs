//! Reading evaluation files: one set, or a list of sets. What is wrong is told with file and place.

use super::wire;
use crate::fault::Fault;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// What such a file is, for whoever gave another.
const REMEDY: &str = "an evaluation file is a JSON object with `messages` and `queries`, or a list of such objects; \
                      docs/retrieval.md describes every field";

/// The sets in a file, with the name that the file gives to those without one.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(super) file: String,
    pub(super) sets: Vec<wire::Set>,
}

/// Reads a file whole.
pub(crate) fn read(path: &Path) -> Result<Shelf, Fault> {
    let file = path.display().to_string();
    let opened = File::open(path).map_err(|error| Fault::Usage(format!("{file}: {error}")))?;
    let sets = parse(BufReader::new(opened)).map_err(|error| {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        Fault::Usage(format!("{file}:{}:{}: {what}; {REMEDY}", error.line(), error.column()))
    })?;
    Ok(Shelf { file, sets })
}

fn parse(mut source: impl BufRead) -> serde_json::Result<Vec<wire::Set>> {
    let start = source.fill_buf().map_err(serde_json::Error::io)?;
    let mark = b"\xef\xbb\xbf";
    let skipped = if start.starts_with(mark) { mark.len() } else { 0 };
    let is_list = start.iter().skip(skipped).find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    source.consume(skipped);
    match is_list {
        true => serde_json::from_reader(source),
        false => Ok(vec![serde_json::from_reader(source)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        std::fs::write(&path, text).unwrap();
        let fault = read(&path).unwrap_err().to_string();
        assert!(fault.ends_with(REMEDY), "{fault}");
        fault.trim_start_matches(&directory.path().display().to_string()).split(';').next().unwrap().to_owned()
    }

    #[test]
    fn one_set_or_a_list_of_them() {
        let set = r#"{"messages":[{"message_id":7,"content":"x"}],"queries":null,"unanswerable":["why?"]}"#;
        assert_eq!(parse(set.as_bytes()).unwrap().len(), 1);
        assert_eq!(parse(format!("\u{feff} [{set},\n{set}]").as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        assert_eq!(fault("no JSON"), "/x.json:1:2: expected ident");
        assert_eq!(fault("{\"queries\":[]}"), "/x.json:1:14: missing field `messages`");
        let without = "[{\"messages\":[\n{\"content\":\"x\"}]}]";
        assert_eq!(fault(without), "/x.json:2:15: missing field `message_id`");
        let when = "{\"messages\":[{\"message_id\":\"1\",\"content\":\"\",\n\"timestamp\":\"today\"}]}";
        assert_eq!(fault(when), "/x.json:2:19: not an RFC 3339 time: \"today\"");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let fault = read(Path::new("no-such.json")).unwrap_err().to_string();
        assert!(fault.starts_with("no-such.json: No such file"), "{fault}");
    }
}
