//! The whole system, in one binary. Tests that set up the process-wide telemetry (`telemetry`, `traces`) have a binary
//! of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod archived;
mod asking;
mod attachments;
mod conversation;
mod correlation;
mod discord;
mod follow_up;
mod gemini_faults;
mod hostile;
mod house;
mod interop;
mod leaks;
mod leaver;
mod poison;
mod privacy;
mod processes;
mod promises;
mod reader;
mod scenes;
mod settings;
mod shown;
mod stored;
mod unmasked;
