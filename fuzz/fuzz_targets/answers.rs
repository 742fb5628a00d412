//! Checks any text as a model's answer: citations, quotations and links. What a reader sees while the answer is written
//! stays in the answer, and it cites and links only what there is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtfm_processor::answer::fuzzing::CheckedAnswer;

const EVIDENCE: [&str; 3] = [
    "the port is 8080, see https://only.example/1 and `cargo run`",
    "number two said: see https://example.org/docs",
    "> quoted\n```sh\nmake all\n```\nhttps://only.example/3",
];

fuzz_target!(|text: &str| {
    let answer = CheckedAnswer::of(text, &EVIDENCE);
    for partial in answer.partials {
        assert!(answer.text.starts_with(&partial), "{partial:?} is not the beginning of {:?}", answer.text);
    }
    assert!(answer.sources <= EVIDENCE.len());
    assert!(!answer.text.contains("@everyone") && !answer.text.contains("@here"), "{:?}", answer.text);
    let mut links = answer.text.split("https://").skip(1).filter(|link| link.starts_with(char::is_alphanumeric));
    assert!(
        links.all(|link| link.starts_with("example.org/docs") || link.starts_with("only.example/")),
        "{:?}",
        answer.text
    );
});
