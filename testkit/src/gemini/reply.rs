//! Scripted answers.

use super::Fault;

/// An answer to one generation.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub(super) pieces: Vec<String>,
    pub(super) thought: Option<String>,
    pub(super) finish: String,
    pub(super) fault: Option<Fault>,
}

impl Reply {
    /// This text, streamed in several pieces.
    pub fn text(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self::of_pieces(chars.chunks(16).map(|piece| piece.iter().collect()).collect())
    }

    /// These pieces, streamed one by one.
    pub fn pieces<const N: usize>(pieces: [&str; N]) -> Self {
        Self::of_pieces(pieces.map(str::to_owned).to_vec())
    }

    /// A failure.
    pub fn fault(fault: Fault) -> Self {
        Self::text("This answer will not be whole, for it has been told to fail.").failing(fault)
    }

    /// The same with this finish reason in place of STOP.
    #[must_use]
    pub fn finish(mut self, reason: &str) -> Self {
        reason.clone_into(&mut self.finish);
        self
    }

    /// The same after a thought, as models send it when thoughts are included.
    #[must_use]
    pub fn thought(mut self, thought: &str) -> Self {
        self.thought = Some(thought.to_owned());
        self
    }

    /// The same, failing in this way.
    #[must_use]
    pub fn failing(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// The whole text.
    pub(super) fn whole(&self) -> String {
        self.pieces.concat()
    }

    fn of_pieces(pieces: Vec<String>) -> Self {
        Self { pieces, thought: None, finish: "STOP".to_owned(), fault: None }
    }
}
