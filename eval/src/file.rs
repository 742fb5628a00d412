//! Reads evaluation files: one set, or a list of sets. Errors name the file and the position.

use crate::{error::EvalError, format};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// The remedy for every error in a file.
const REMEDY: &str = "an evaluation file is a JSON object with `messages` and `queries`, or a list of such objects; \
                      docs/retrieval.md describes every field";

/// The sets of one file.
#[derive(Debug)]
pub struct EvalFile {
    /// The file's path; also the name of sets without a name.
    pub(crate) path: String,
    pub(crate) sets: Vec<format::SetRecord>,
}

/// Reads a whole evaluation file.
pub fn read(path: &Path) -> Result<EvalFile, EvalError> {
    let file = path.display().to_string();
    let opened = File::open(path).map_err(|error| EvalError::Usage(format!("{file}: {error}")))?;
    let sets = parse(BufReader::new(opened)).map_err(|error| {
        let text = error.to_string();
        let fault = text.rsplit_once(" at line ").map_or(text.as_str(), |(fault, _)| fault);
        EvalError::Usage(format!("{file}:{}:{}: {fault}; {REMEDY}", error.line(), error.column()))
    })?;
    Ok(EvalFile { path: file, sets })
}

fn parse(mut source: impl BufRead) -> serde_json::Result<Vec<format::SetRecord>> {
    let start = source.fill_buf().map_err(serde_json::Error::io)?;
    let byte_order_mark = b"\xef\xbb\xbf";
    let skipped = if start.starts_with(byte_order_mark) { byte_order_mark.len() } else { 0 };
    let is_list = start.iter().skip(skipped).find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    source.consume(skipped);
    if is_list { serde_json::from_reader(source) } else { Ok(vec![serde_json::from_reader(source)?]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        std::fs::write(&path, text).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.ends_with(REMEDY), "{error}");
        error.trim_start_matches(&directory.path().display().to_string()).split(';').next().unwrap().to_owned()
    }

    #[test]
    fn one_set_or_a_list_of_them() {
        let set = r#"{"messages":[{"message_id":7,"content":"x"}],"queries":null,"unanswerable":["why?"]}"#;
        assert_eq!(parse(set.as_bytes()).unwrap().len(), 1);
        assert_eq!(parse(format!("\u{feff} [{set},\n{set}]").as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn errors_name_their_position() {
        assert_eq!(error("no JSON"), "/x.json:1:2: expected ident");
        assert_eq!(error("{\"queries\":[]}"), "/x.json:1:14: missing field `messages`");
        let without = "[{\"messages\":[\n{\"content\":\"x\"}]}]";
        assert_eq!(error(without), "/x.json:2:15: missing field `message_id`");
        let when = "{\"messages\":[{\"message_id\":\"1\",\"content\":\"\",\n\"timestamp\":\"today\"}]}";
        assert_eq!(error(when), "/x.json:2:19: not an RFC 3339 time: \"today\"");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read(Path::new("no-such.json")).unwrap_err().to_string();
        assert!(error.starts_with("no-such.json: No such file"), "{error}");
    }
}
