//! How often what is of interest was seen: a property that holds of nothing but trivial cases shows nothing.

use std::{collections::BTreeMap, sync::Mutex};

/// Counts by name.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<&'static str, usize>>);

impl Tally {
    /// One more, if it is so.
    pub(crate) fn count(&self, what: &'static str, it_is_so: bool) {
        *self.0.lock().unwrap().entry(what).or_default() += usize::from(it_is_so);
    }

    pub(crate) fn of(&self, what: &str) -> usize {
        self.0.lock().unwrap().get(what).copied().unwrap_or_default()
    }

    /// Fails unless each of these was seen so often.
    pub(crate) fn at_least(&self, often: usize, of_each: &[&str]) {
        for what in of_each {
            assert!(self.of(what) >= often, "{what:?} was seen {} times only: {self:?}", self.of(what));
        }
    }
}
