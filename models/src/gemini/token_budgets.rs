//! How many tokens each model reads: as the API's list of models says once it was read, until then as is known of its
//! family.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

/// Families of models by the beginning of their names, with what their smallest member reads.
const FAMILIES: &[(&str, usize)] = &[("gemini-", 1_048_576), ("gemma-", 32_768)];
/// What a model of no known family is trusted with.
const UNKNOWN: usize = 32_768;

/// What was learned about models.
#[derive(Debug, Default)]
pub(super) struct TokenBudgets {
    learned: RwLock<HashMap<String, usize>>,
}

impl TokenBudgets {
    /// How many tokens a model reads.
    pub(super) fn of(&self, model: &str) -> usize {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner).get(model).copied();
        let family = FAMILIES.iter().find(|(family, _)| model.starts_with(family)).map(|(_, tokens)| *tokens);
        learned.or(family).unwrap_or(UNKNOWN)
    }

    /// Notes what the API says.
    pub(super) fn learn(&self, model: &str, tokens: usize) {
        self.learned.write().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned(), tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::TokenBudgets;

    #[test]
    fn what_the_api_says_counts_more_than_the_family() {
        let rooms = TokenBudgets::default();
        assert_eq!((rooms.of("gemini-3.8-flash"), rooms.of("llama")), (1_048_576, 32_768));
        rooms.learn("gemini-3.8-flash", 8_192);
        assert_eq!(rooms.of("gemini-3.8-flash"), 8_192);
    }
}
