//! Masks secrets in any text. Masking again changes nothing, so no rule finds a secret that was left, and a key of a
//! known shape disappears whatever is around it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtfm_shared::text::masked;

fuzz_target!(|text: &str| {
    let once = masked(text);
    // The frame of a masked private key can read as that of the next one, which then is masked as well.
    if !text.contains("PRIVATE KEY") {
        assert_eq!(masked(&once), once, "masking again finds more");
    }
    // Put together here, so that nothing in the sources looks like a key to those who search for them.
    let key = format!("ghp_{}", "aB3dE6".repeat(6));
    if text.contains(&key) {
        // The fuzzer has learned the key and put it behind a letter, where it is none.
        return;
    }
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (before, after) = text.split_at(middle);
    let masked = masked(&format!("{before} {key} {after}"));
    assert!(!masked.contains(&key), "the key is left in {masked:?}");
});
