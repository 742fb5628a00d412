//! What a message or a passage is found by in a search by words: texts that weigh differently.

/// A text to be found by, in parts: a word counts as often as it stands in them, each time with its part's weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexText {
    /// The parts, each with what a word in it weighs.
    pub parts: Vec<(f32, String)>,
}

impl IndexText {
    /// All parts as one text, each once.
    pub fn whole(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

impl From<String> for IndexText {
    /// One text, whose words weigh 1.
    fn from(text: String) -> Self {
        Self { parts: vec![(1.0, text)] }
    }
}

impl From<&str> for IndexText {
    /// One text, whose words weigh 1.
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
