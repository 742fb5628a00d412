//! Checks any text as a model's answer, whole and while it is written: it cites and links only what there is, and
//! contains no mention that notifies.
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
    assert!(answer.sources <= EVIDENCE.len());
    for shown in answer.partials.iter().chain([&answer.text]) {
        assert!(!shown.contains("@everyone") && !shown.contains("@here"), "{shown:?}");
        let mut links = shown.split("https://").skip(1).filter(|link| link.starts_with(char::is_alphanumeric));
        assert!(
            links.all(|link| link.starts_with("example.org/docs") || link.starts_with("only.example/")),
            "{shown:?}"
        );
    }
});
