//! The weighted text by which the lexical leg finds a message or a passage.

/// A text in weighted parts. Each occurrence of a word counts with its part's weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexText {
    /// The weight of each part and its text.
    pub parts: Vec<(f32, String)>,
}

impl IndexText {
    /// All parts in one text, without weights.
    pub fn whole(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

impl From<String> for IndexText {
    /// A single part of weight 1.
    fn from(text: String) -> Self {
        Self { parts: vec![(1.0, text)] }
    }
}

impl From<&str> for IndexText {
    /// A single part of weight 1.
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
