//! The real `rtfm up` between a fake Discord and a fake Gemini, killed with SIGKILL at awkward moments: it loses nothing,
//! stores nothing twice, and gives every question exactly one answer.

mod answers;
mod history;
mod instances;
mod up;
