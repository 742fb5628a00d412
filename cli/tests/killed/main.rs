//! The real `rtfm up` between a fake Discord and a fake Gemini, killed with SIGKILL at awkward moments: nothing is
//! lost, nothing is there twice, and every question ends with exactly one answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod history;
mod instances;
mod up;
