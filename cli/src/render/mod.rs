//! Results as text for people and as JSON for programs.

pub(crate) mod answer;
pub(crate) mod evaluation;
pub(crate) mod search;
