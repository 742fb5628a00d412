//! Input limits of models in tokens: from the API's list of models once it was read, before that from the model's
//! family.

use parking_lot::RwLock;
use std::collections::HashMap;

/// Model families by name prefix, with the input limit of their smallest member.
const FAMILIES: &[(&str, usize)] = &[("gemini-", 1_048_576), ("gemma-", 32_768)];
/// The input limit of models outside of these families.
const UNKNOWN: usize = 32_768;

/// The input limits that the API reported, by model.
#[derive(Debug, Default)]
pub(super) struct InputLimits {
    reported: RwLock<HashMap<String, usize>>,
}

impl InputLimits {
    /// The input limit of a model in tokens.
    pub(super) fn of(&self, model: &str) -> usize {
        let reported = self.reported.read().get(model).copied();
        let family = FAMILIES.iter().find(|(family, _)| model.starts_with(family)).map(|(_, tokens)| *tokens);
        reported.or(family).unwrap_or(UNKNOWN)
    }

    /// Stores the input limit that the API reports.
    pub(super) fn set(&self, model: &str, tokens: usize) {
        self.reported.write().insert(model.to_owned(), tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::InputLimits;

    #[test]
    fn the_reported_limit_overrides_the_family() {
        let input_limits = InputLimits::default();
        assert_eq!((input_limits.of("gemini-3.8-flash"), input_limits.of("llama")), (1_048_576, 32_768));
        input_limits.set("gemini-3.8-flash", 8_192);
        assert_eq!(input_limits.of("gemini-3.8-flash"), 8_192);
    }
}
